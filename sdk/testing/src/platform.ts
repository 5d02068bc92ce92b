import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPlatform, discover } from '@containr/kernel';
import type { Platform, PluginPackage } from '@containr/kernel';
import type { Clock, Random } from '@containr/sdk';
import { createLogger } from '@containr/sdk/host';
import type { HostLogger } from '@containr/sdk/host';
import { buildAgentHalves } from './agent-halves.ts';
import { spawnAgent } from './agent-process.ts';
import type { AgentOptions, TestAgent } from './agent-process.ts';
import type { Answer, Ask } from './answer.ts';
import { ask } from './answer.ts';
import { testDatabase } from './database.ts';
import { endLeftRunning, endWithProcess } from './left-running.ts';
import type { MigratedPlugin, TestDatabase } from './database.ts';
import type { Faults } from './faults.ts';
import { withFaults } from './faults.ts';
import { scratchFolder } from './scratch.ts';

const folder = fileURLToPath(new URL('../../../plugins/', import.meta.url));

/** What a test wants to run. */
export interface TestPlatformOptions {
  /** First-party plugins by name, with what they need; or packages made in the test. */
  readonly plugins?: readonly (string | PluginPackage)[];
  /** By plugin; requests are not limited unless `kernel` says so. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Also runs an agent, from source, and waits until its node is reachable. */
  readonly agent?: boolean;
  /** Uses this data folder and leaves it; else a fresh one that goes with the platform. */
  readonly data?: string;
  /** Uses this database and leaves it; for tests that start a platform again on what an earlier one left. */
  readonly database?: TestDatabase;
  /** Shares a Redis with other processes. */
  readonly redisUrl?: string;
  /** Listens here; for tests that start a platform again where its agents look for it. A free one by default. */
  readonly port?: number;
  readonly drainMs?: number;
  /** Time of the plugins (`ctx.clock`, `ctx.repeat`); {@link simulatedClock} stands still until the test moves it. */
  readonly clock?: Clock;
  /** Randomness of the plugins (`ctx.random`); {@link seededRandom} repeats. */
  readonly random?: Random;
  /** Points of the plugins where the test makes something fail, wait or stand still. */
  readonly faults?: Faults;
  /** Serves the browser halves of plugins, without a dashboard around them. */
  readonly views?: boolean;
  /** Serves the dashboard that was built there. */
  readonly shellDirectory?: string;
  /** What the control plane says, instead of a log of the test's own. */
  readonly log?: HostLogger;
  /** Programs that the agent loads before its own, and where its log and what they say goes. */
  readonly agentWith?: Pick<AgentOptions, 'imports' | 'variables' | 'logFile'>;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** A real control plane for a test: own port, own database, own data folder. */
export interface TestPlatform {
  readonly platform: Platform;
  readonly origin: string;
  readonly data: string;
  readonly database: TestDatabase;
  /** The agent, when the test asked for one. */
  readonly agent: TestAgent | null;
  /** Runs another agent on this machine, as a node of its own without an ingress, and waits until it has what the first one has. */
  join(name: string): Promise<TestAgent>;
  /** Asks over TCP: nobody, unless a token or a cookie is given. `/healthz`, `/api/v1/…`, `/git/…`. */
  request(path: string, options?: Ask): Promise<Answer>;
  /** Asks over the console socket, with all permissions; `path` is below `/api/v1`. */
  console(path: string, options?: Ask): Promise<Answer>;
  stop(): Promise<void>;
}

/** Starts a platform. Rejects when one of its plugins is not active then. */
export async function startTestPlatform(options: TestPlatformOptions = {}): Promise<TestPlatform> {
  const chosen = await packagesOf(options.plugins ?? []);
  const { faults } = options;
  const plugins = faults ? chosen.map((one) => withFaults(one, faults, options.clock)) : chosen;
  if (options.agent) await buildAgentHalves(plugins);
  const data = options.data ?? (await scratchFolder('platform'));
  const database = options.database ?? (await testDatabase({ plugins: await migratedOf(chosen) }));
  const log =
    options.log ?? createLogger({ level: options.logLevel ?? (process.env['CONTAINR_TEST_LOG'] ? 'debug' : 'silent') });
  const shellDirectory = options.shellDirectory ?? (options.views ? join(data, 'no-dashboard') : undefined);
  const undo: (() => Promise<unknown>)[] = [];
  if (!options.data)
    undo.push(
      () => rm(data, { recursive: true, force: true, maxRetries: 5 }),
      async () => endLeftRunning(data),
    );
  if (!options.database) undo.push(() => database.stop());
  async function stop(): Promise<void> {
    for (let next = undo.pop(); next; next = undo.pop()) await next();
  }

  try {
    const platform = await createPlatform({
      data,
      databaseUrl: database.url,
      redisUrl: options.redisUrl,
      ...(options.port === undefined ? {} : { port: options.port }),
      plugins,
      settings: { kernel: { limitRequests: false }, ...options.settings },
      log,
      drainMs: options.drainMs ?? 2000,
      ...(options.clock ? { clock: options.clock } : {}),
      ...(options.random ? { random: options.random } : {}),
      ...(shellDirectory === undefined ? {} : { shellDirectory }),
    });
    undo.push(() => platform.stop());
    const off = platform.lifecycle.list().filter((plugin) => plugin.state !== 'active');
    if (off.length > 0)
      throw new Error(
        off.map((plugin) => `${plugin.name} is ${plugin.state}: ${plugin.cause?.message ?? ''}`).join('\n'),
      );
    if (options.agent) endWithProcess(data);
    const agent = options.agent
      ? await spawnAgent({
          origin: platform.origin,
          data,
          token: await platform.agents.createToken(),
          ...options.agentWith,
        })
      : null;
    if (agent) undo.push(() => agent.stop());
    const test: TestPlatform = {
      platform,
      origin: platform.origin,
      data,
      database,
      agent,
      async join(name) {
        const token = await platform.agents.createToken();
        const joined = await spawnAgent({ origin: platform.origin, data, token, name, labels: { ingress: 'off' } });
        undo.push(() => joined.stop());
        await until(`${name} has what the first node has`, async () => {
          const nodes = (await test.console('/nodes')).json as {
            items: { name: string; state: string; capabilities: string[] }[];
          };
          const [found] = nodes.items.filter((node) => node.name === name && node.state === 'reachable');
          const most = Math.max(...nodes.items.map((node) => node.capabilities.length));
          return found?.capabilities.length === most;
        });
        return joined;
      },
      request: (path, one) => ask({ origin: platform.origin }, path, one),
      console: (path, one) => ask({ socketPath: platform.consoleSocket }, `/api/v1${path}`, one),
      stop,
    };
    if (agent) {
      const halves = plugins.some(
        ({ directory, manifest }) => manifest.agent !== undefined && existsSync(join(directory, manifest.agent)),
      );
      await until('the node is reachable, with its capabilities', async () => {
        const nodes = await test.console('/nodes');
        return (
          nodes.field('items', 0, 'state') === 'reachable' &&
          (!halves || nodes.field('items', 0, 'capabilities', 0) !== undefined)
        );
      });
    }
    return test;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until `check` gives something true; rejects after the deadline, saying what never came. */
export async function until<T>(
  what: string,
  check: () => Promise<T | null | undefined | false>,
  deadlineMs = 15_000,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`Within ${deadlineMs} ms it did not come about that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Only our own are loaded for it: what a test brings along may be made to fail when it is. */
async function migratedOf(plugins: readonly PluginPackage[]): Promise<readonly MigratedPlugin[]> {
  const own = plugins.filter(({ directory }) => directory.startsWith(folder));
  return Promise.all(own.map(async (one) => ({ name: one.name, migrations: (await one.load()).migrations ?? [] })));
}

async function packagesOf(wanted: readonly (string | PluginPackage)[]): Promise<readonly PluginPackage[]> {
  const own = wanted.filter((one) => typeof one !== 'string');
  const names = wanted.filter((one) => typeof one === 'string');
  if (names.length === 0) return own;
  const all = new Map((await discover(folder)).map((one) => [one.name, one]));
  const chosen = new Map<string, PluginPackage>();
  const add = (name: string): void => {
    const found = all.get(name);
    if (!found) throw new Error(`There is no plugin "${name}" in ${folder}`);
    if (chosen.has(name)) return;
    chosen.set(name, found);
    for (const [other, need] of Object.entries(found.manifest.requires)) {
      if (typeof need === 'string' || need.optional !== true) add(other);
    }
  };
  for (const name of names) add(name);
  return [...own, ...chosen.values()];
}
