import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PluginContext } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { Repository } from '../entities/repository.entity.ts';
import { gitEnvironment } from './git-environment.ts';

/** Git's name of the tree without files. */
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const gitMs = 60_000;
const archiveMs = 600_000;
/** End of the year 9999, in seconds: later times are not written as RFC 3339. */
const lastSecond = 253_402_300_799;

/** A commit as a deployment names it. */
export interface Commit {
  readonly id: string;
  readonly subject: string;
  readonly author: string;
  readonly empty: boolean;
}

/** The bare repositories of services, one folder each. */
export interface Repositories {
  /** Folder that they are in. */
  readonly root: string;
  /** Makes the repository of a service where there is none yet. */
  ensure(service: string, organisation: string): Promise<void>;
  remove(service: string, organisation: string): Promise<void>;
  /** Newest commit of a branch; `null` when there is no such branch. */
  head(service: string, branch: string): Promise<string | null>;
  /** Branches with their newest commits. */
  branches(service: string): Promise<readonly { name: string; commit: string; subject: string; at: string }[]>;
  commit(service: string, id: string): Promise<Commit>;
  /** Writes a commit's files as tar to a path. */
  archive(service: string, id: string, path: string): Promise<void>;
  /** Packs loose objects when there are many. */
  tidy(service: string, signal: AbortSignal): Promise<void>;
}

/** Git takes any number of seconds for a date, also those that no calendar shows. */
function timeOf(seconds: string): string {
  const known = Math.min(Math.max(Number(seconds) || 0, 0), lastSecond);
  return new Date(known * 1000).toISOString();
}

/** Name of a service's repository folder. */
export function folderOf(service: string): string {
  return `${service}.git`;
}

/** Opens the repositories of this plugin. */
export function openRepositories(ctx: PluginContext): Repositories {
  const root = ctx.directory;
  const environment = gitEnvironment(root);
  const creating = new Map<string, Promise<void>>();

  async function git(
    service: string | null,
    args: readonly string[],
    timeoutMs = gitMs,
    signal = ctx.signal,
  ): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
    const where = service === null ? [] : ['--git-dir', join(root, folderOf(service))];
    return ctx.exec(['git', ...where, ...args], { cwd: root, env: environment, timeoutMs, signal });
  }

  async function must(service: string, args: readonly string[], timeoutMs?: number): Promise<string> {
    const { exitCode, stdout, stderr } = await git(service, args, timeoutMs);
    if (exitCode === 0) return stdout;
    throw new ContainrError({
      code: 'GIT_FAILED',
      status: 500,
      detail: `git ${args[0]} failed: ${stderr.trim().slice(-500)}.`,
      hint: 'Push again; if it stays, the repository may be damaged.',
    });
  }

  async function exists(service: string): Promise<boolean> {
    return access(join(root, folderOf(service), 'HEAD')).then(
      () => true,
      () => false,
    );
  }

  async function create(service: string, organisation: string): Promise<void> {
    if (!(await exists(service))) {
      const fresh = join(root, `new-${ctx.random.id()}`);
      const made = await git(null, ['init', '--quiet', '--bare', '--initial-branch=main', '--', fresh]);
      if (made.exitCode !== 0) {
        await rm(fresh, { recursive: true, force: true });
        throw new ContainrError({
          code: 'GIT_FAILED',
          status: 500,
          detail: `The repository could not be made: ${made.stderr.trim()}.`,
          hint: 'Look for free space in the data folder.',
        });
      }
      await mkdir(join(fresh, 'info'), { recursive: true });
      // What is pushed is what is deployed: no file is left out or rewritten on the way.
      await writeFile(join(fresh, 'info', 'attributes'), '* -export-ignore -export-subst\n');
      await rename(fresh, join(root, folderOf(service))).catch(async (error: unknown) => {
        await rm(fresh, { recursive: true, force: true });
        if (!(await exists(service))) throw error;
      });
    }
    await ctx.store.for(ctx.principal(organisation)).transaction(async ({ em }) => {
      if (await em.findOne(Repository, { service })) return;
      em.create(Repository, {
        service,
        organisation,
        createdAt: ctx.clock.now(),
        requestedBranch: null,
        requestedCommit: null,
      });
    });
  }

  return {
    root,
    ensure(service, organisation) {
      const running = creating.get(service) ?? create(service, organisation).finally(() => creating.delete(service));
      creating.set(service, running);
      return running;
    },
    async remove(service, organisation) {
      await ctx.store
        .for(ctx.principal(organisation))
        .transaction(({ em }) => em.nativeDelete(Repository, { service }));
      await rm(join(root, folderOf(service)), { recursive: true, force: true });
    },
    async head(service, branch) {
      const { exitCode, stdout } = await git(service, [
        'rev-parse',
        '--quiet',
        '--verify',
        '--end-of-options',
        `refs/heads/${branch}^{commit}`,
      ]);
      return exitCode === 0 ? stdout.trim() : null;
    },
    async branches(service) {
      if (!(await exists(service))) return [];
      const text = await must(service, [
        'for-each-ref',
        '--count=1000',
        '--format=%(refname:lstrip=2)%00%(objectname)%00%(contents:subject)%00%(committerdate:unix)',
        'refs/heads',
      ]);
      return text.split('\n').flatMap((line) => {
        const [name, commit, subject = '', at = ''] = line.split('\0');
        return name && commit ? [{ name, commit, subject, at: timeOf(at) }] : [];
      });
    },
    async commit(service, id) {
      const [tree = '', author = '', subject = ''] = (
        await must(service, ['log', '-1', '--no-show-signature', '--format=%T%x00%an%x00%s', '--end-of-options', id])
      )
        .trimEnd()
        .split('\0');
      return { id, author: author.slice(0, 200), subject: subject.slice(0, 500), empty: tree === emptyTree };
    },
    async archive(service, id, path) {
      await must(service, ['archive', '--format=tar', '--output', path, '--end-of-options', id], archiveMs);
    },
    async tidy(service, signal) {
      if (await exists(service)) await git(service, ['gc', '--auto', '--quiet'], archiveMs, signal);
    },
  };
}
