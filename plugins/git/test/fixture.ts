import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ContainrError, Plugin, PluginContext, Principal } from '@containr/sdk';
import { notFound } from '@containr/sdk';
import type { PluginPackage } from '@containr/kernel';
import { discover } from '@containr/kernel';
import { Setup } from '@containr/plugin-auth/contract';
import type { DeploymentDocument } from '@containr/plugin-deployments/contract';
import { Deployments } from '@containr/plugin-deployments/contract';
import { Logs } from '@containr/plugin-logs/contract';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';
import { expect } from 'chai';

/** A road of deployments that the test drives by hand. */
export interface Road {
  readonly requested: DeploymentDocument[];
  /** Sizes of the snapshots that came, in bytes. */
  readonly snapshots: Buffer[];
  /** Changes the newest deployment. */
  change(part: Partial<DeploymentDocument>): void;
  log(text: string): Promise<void>;
  /** While set, a request fails with it. */
  refuse: ContainrError | null;
}

export interface GitPlatform {
  readonly test: TestPlatform;
  readonly road: Road;
  readonly token: string;
  readonly principal: Principal;
  readonly organisation: string;
  /** Makes a service, and gives its id and the address to push to, with the token in it. */
  service(slug: string): Promise<{ id: string; url: string }>;
  /** Starts the plugin git anew, or a job of it. */
  readonly context: () => PluginContext;
  stop(): Promise<void>;
}

function documentOf(
  input: { service: string; source: DeploymentDocument['source'] },
  number: number,
): DeploymentDocument {
  return {
    id: randomUUID(),
    number,
    service: input.service,
    environment: randomUUID(),
    project: randomUUID(),
    status: 'queued',
    phase: null,
    waiting: null,
    cause: null,
    source: input.source,
    artifact: null,
    artifactRemovedAt: null,
    pinned: false,
    revision: 1,
    plan: null,
    phases: [],
    notices: [],
    urls: [],
    createdBy: 'test',
    createdAt: new Date().toISOString(),
    liveAt: null,
    endedAt: null,
    rollbackOf: null,
    promotedFrom: null,
    override: null,
    supersededBy: null,
  };
}

function roadPackage(): { road: Road; package: PluginPackage } {
  const road: Road = { requested: [], snapshots: [], change, log, refuse: null };
  let context: PluginContext | undefined;
  let lines = 0;
  function change(part: Partial<DeploymentDocument>): void {
    const last = road.requested.at(-1);
    if (last) road.requested[road.requested.length - 1] = { ...last, ...part };
  }
  async function log(text: string): Promise<void> {
    const last = road.requested.at(-1);
    const [row] = await organisations(last?.service);
    if (!context || !last || !row) throw new Error('nothing runs');
    const line = { seq: lines++, at: new Date().toISOString(), stream: 'stdout' as const, text };
    await context.services.get(Logs).append(
      {
        organisation: row,
        service: last.service,
        deployment: last.id,
        phase: 'build',
        source: 'build',
        lines: [line],
      },
      { principal: context.principal(row) },
    );
  }
  const owners = new Map<string, string>();
  const organisations = async (service: string | undefined): Promise<string[]> => [owners.get(service ?? '') ?? ''];
  const plugin: Plugin = {
    setup(ctx) {
      context = ctx;
      ctx.services.provide(Deployments, {
        async importSnapshot({ path }) {
          road.snapshots.push(await readFile(path));
          return { treeHash: 'a'.repeat(64) };
        },
        async request({ service, source }, { principal }) {
          if (road.refuse) throw road.refuse;
          owners.set(service, principal.organisation ?? '');
          const document = documentOf({ service, source }, road.requested.length + 1);
          road.requested.push(document);
          return document;
        },
        async get({ id }) {
          const found = road.requested.find((one) => one.id === id);
          if (!found) throw notFound('deployment');
          return found;
        },
        suspend: async () => ({ stopped: 0 }),
        async latestCommits({ services }) {
          const commits: Record<string, string> = {};
          for (const one of road.requested)
            if (services.includes(one.service) && one.source.commit) commits[one.service] = one.source.commit;
          return { commits };
        },
      });
    },
  };
  const manifest = {
    displayName: 'Road',
    requires: { logs: '^0.1' },
    permissions: {},
    segments: [],
    roots: [],
    programs: {},
  };
  return {
    road,
    package: { name: 'deployments', version: '0.1.0', directory: tmpdir(), manifest, load: async () => plugin },
  };
}

/** A platform with the real plugins auth, projects, logs and git, and a road that the test drives. */
export async function startGitPlatform(): Promise<GitPlatform> {
  const { road, package: fake } = roadPackage();
  const real = (await discover(fileURLToPath(new URL('../../', import.meta.url)))).filter(({ name }) =>
    ['auth', 'projects', 'logs', 'git'].includes(name),
  );
  let context: PluginContext | undefined;
  const plugins = real.map((one) =>
    one.name === 'git' ? { ...one, load: async () => watched(await one.load(), (ctx) => (context = ctx)) } : one,
  );
  const test = await startTestPlatform({ plugins: [...plugins, fake] });
  const { url } = await test.platform.services.get(Setup).link({}, { principal: test.platform.console });
  const made = await test.request('/api/v1/setup', {
    method: 'POST',
    body: {
      token: new URL(url ?? '').searchParams.get('token'),
      email: 'ada@example.com',
      password: 'correct horse battery',
      name: 'Ada',
      organisation: 'Engines',
    },
  });
  expect(made.status, made.text).to.equal(201);
  const token = String(made.field('token', 'secret'));
  const organisation = String(made.field('organisation', 'slug'));
  const project = await test.request('/api/v1/projects', {
    method: 'POST',
    token,
    body: { name: 'Shop', slug: 'shop' },
  });
  const environments = await test.request(`/api/v1/environments?project=${String(project.field('id'))}`, { token });
  const environment = String(environments.field('items', 0, 'id'));
  return {
    test,
    road,
    token,
    organisation,
    principal: { ...test.platform.console, organisation: String(made.field('organisation', 'id')) },
    context() {
      if (!context) throw new Error('git is not on');
      return context;
    },
    async service(slug) {
      const answer = await test.request('/api/v1/services', {
        method: 'POST',
        token,
        body: { environment, name: slug, slug },
      });
      expect(answer.status, answer.text).to.equal(201);
      const address = new URL(String(answer.field('gitUrl')));
      address.username = 'x';
      address.password = token;
      return { id: String(answer.field('id')), url: address.href };
    },
    stop: () => test.stop(),
  };
}

function watched(
  plugin: Awaited<ReturnType<PluginPackage['load']>>,
  seen: (ctx: PluginContext) => void,
): Awaited<ReturnType<PluginPackage['load']>> {
  return {
    ...plugin,
    setup(ctx) {
      seen(ctx);
      return plugin.setup(ctx);
    },
  };
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  /** What git said to the person, carriage returns as line ends. */
  readonly said: string;
}

/** A clone's folder of a test, and the real git client in it. */
export interface Workspace {
  readonly directory: string;
  git(...args: readonly string[]): Promise<Ran>;
  write(path: string, content: string | Buffer): Promise<void>;
  /** Adds everything as one commit, and gives its id. */
  commit(message: string): Promise<string>;
  remove(): Promise<void>;
}

export async function workspace(): Promise<Workspace> {
  const directory = await mkdtemp(join(tmpdir(), 'push-'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.com',
  };
  const git = (...args: readonly string[]): Promise<Ran> =>
    new Promise((resolve) => {
      execFile('git', [...args], { cwd: directory, env, maxBuffer: 64 * 1024 * 1024 }, (error, out, said) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, out, said: said.replace(/\r|\u001b\[K/g, '') }),
      );
    });
  await git('init', '--quiet', '--initial-branch=main', '.');
  return {
    directory,
    git,
    async write(path, content) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
    },
    async commit(message) {
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', message);
      return (await git('rev-parse', 'HEAD')).out.trim();
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
