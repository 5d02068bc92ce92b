import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { scratchFolder } from '@containr/testing';

/** What git said. */
export interface GitResult {
  readonly code: number;
  readonly output: string;
}

/** A small Git repository that somebody pushes from. */
export class Repository {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(files: Readonly<Record<string, string>>): Promise<Repository> {
    const repository = new Repository(await scratchFolder('repository'));
    await repository.git('init', '--quiet', '--initial-branch=main');
    await repository.commit('First version', files);
    return repository;
  }

  async commit(message: string, files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.folder, name)), { recursive: true });
      await writeFile(join(this.folder, name), text);
    }
    await this.git('add', '--all');
    await this.git(
      '-c',
      'user.name=Dev',
      '-c',
      'user.email=dev@example.org',
      'commit',
      '--quiet',
      '--allow-empty',
      '-m',
      message,
    );
  }

  push(url: string, ref = 'main'): Promise<GitResult> {
    return this.git('push', url, ref);
  }

  git(...args: string[]): Promise<GitResult> {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: this.folder,
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
    };
    return new Promise((resolve) => {
      execFile(
        'git',
        args,
        { cwd: this.folder, env, timeout: 300_000, maxBuffer: 64 << 20 },
        (error, stdout, stderr) => {
          resolve({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, output: stdout + stderr });
        },
      );
    });
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
