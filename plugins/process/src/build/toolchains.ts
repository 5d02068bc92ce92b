import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exec } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { BuildPlan } from '@containr/sdk/contracts';
import { operatorEnvironment } from './operator-environment.ts';

export type Toolchain = BuildPlan['toolchains'][number];

const patience = 600_000;

/** Toolchains from npm, one folder a version, shared by all builds and replicas of the node. */
export class Toolchains {
  readonly #directory: string;
  readonly #exec: Exec;
  readonly #fetching = new Map<string, Promise<string>>();

  constructor(directory: string, exec: Exec) {
    this.#directory = directory;
    this.#exec = exec;
  }

  /**
   * Name of a toolchain's folder. Throws `PLAN_NOT_FOUND` for what is no exact npm package: a plan may be of a builder that
   * nobody trusts, and npm runs as the agent.
   */
  static folderName(toolchain: Toolchain): string {
    if (
      !/^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/.test(toolchain.package) ||
      !/^\d+\.\d+\.\d+[a-z0-9.+-]*$/i.test(toolchain.version) ||
      !/^[a-z0-9._/-]*$/i.test(toolchain.bin) ||
      toolchain.bin.includes('..')
    ) {
      throw new ContainrError({
        code: 'PLAN_NOT_FOUND',
        status: 422,
        detail: `The plan's toolchain ${JSON.stringify(`${toolchain.package}@${toolchain.version}`)} is no npm package in an exact version.`,
        hint: 'Correct the runtime catalogue.',
      });
    }
    return `${toolchain.package.replace('/', '+')}-${toolchain.version}`;
  }

  /** Folders to put into PATH, below the folder in which toolchains are seen. */
  static binaries(toolchain: Toolchain, seenAt: string): string[] {
    const modules = join(seenAt, Toolchains.folderName(toolchain), 'node_modules');
    return [join(modules, '.bin'), join(modules, toolchain.package, toolchain.bin)];
  }

  /** Fetches a toolchain unless it is there; two builds that want the same one wait for one download. */
  async ensure(toolchain: Toolchain, signal: AbortSignal, output: (text: string) => void): Promise<string> {
    const name = Toolchains.folderName(toolchain);
    const directory = join(this.#directory, name);
    if (await exists(directory)) return directory;
    const running =
      this.#fetching.get(name) ??
      this.#fetch(toolchain, directory, signal, output).finally(() => this.#fetching.delete(name));
    this.#fetching.set(name, running);
    return running;
  }

  async #fetch(
    toolchain: Toolchain,
    directory: string,
    signal: AbortSignal,
    output: (text: string) => void,
  ): Promise<string> {
    const wanted = `${toolchain.package}@${toolchain.version}`;
    output(`Fetching ${toolchain.tool} ${toolchain.version}`);
    const partial = `${directory}.${process.pid}.part`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    try {
      const argv = [
        'npm',
        'install',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--no-save',
        '--loglevel=error',
        '--prefix',
        partial,
        wanted,
      ] as const;
      const result = await this.#exec(argv, { cwd: partial, env: operatorEnvironment(), timeoutMs: patience, signal });
      if (result.exitCode !== 0) throw unavailable(wanted, result.stderr);
      await rename(partial, directory).catch(async (error: NodeJS.ErrnoException) => {
        // Another agent of this node was faster.
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      });
      return directory;
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  }
}

function unavailable(wanted: string, output: string): ContainrError {
  return new ContainrError({
    code: 'BUILD_FAILED',
    status: 422,
    detail: `The toolchain ${wanted} could not be fetched from npm: ${output.trim().split('\n').slice(-3).join(' ')}`,
    hint: 'See that this node reaches its npm registry, or name a version in the runtime catalogue that is there.',
  });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
