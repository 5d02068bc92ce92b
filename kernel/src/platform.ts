import 'reflect-metadata';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Random } from '@containr/sdk';
import { NodeChanged, NodeLeave, NodeRemoved, notFound, Scope } from '@containr/sdk';
import type { HostLogger } from '@containr/sdk/host';
import { createExec, createLogger } from '@containr/sdk/host';
import { container as rootContainer } from 'tsyringe';
import { agentChannel, agentMigrations, createAgentGateway, relaySecrets } from '@containr/agent-gateway';
import type { AgentGateway } from '@containr/agent-gateway';
import {
  createEvents,
  createJobs,
  createSettings,
  migrateKernel,
  openDatabase,
  openKeyRing,
  openNotices,
  openKeys,
  openPluginStore,
  settingsChannel,
  keysChannel,
} from '@containr/data';
import type { Overrides } from '@containr/data';
import { answerProblem, Front, FrontSettings, Gateway, openApiDocument } from '@containr/http';
import type { MountOptions } from '@containr/http';
import { discover, openPackages, packageMigrations } from '@containr/packages';
import type { PluginPackage } from '@containr/packages';
import { grantsChannel, isolationMigrations, openGrants } from '@containr/isolation';
import { openLive } from '@containr/live';
import { emitter } from './emitter.ts';
import { HookRegistry } from './hooks/index.ts';
import { registerKernelApi } from './kernel-api.ts';
import { kernelClaims, kernelMount } from './kernel-mount.ts';
import { listen } from './listen.ts';
import { logLostRejections } from './lost-rejections.ts';
import { realClock, realRandom } from './plugins/ambient.ts';
import { explainAbsent } from './plugins/absent.ts';
import { halvesOf, openUi } from './plugins/active.ts';
import { ping, runChecks } from './plugins/checks.ts';
import type { Reason } from './plugins/checks.ts';
import { installId, openDesired, pluginChannel } from './plugins/desired.ts';
import { registerHealthRoutes } from './plugins/health-routes.ts';
import { consolePrincipal, identifier } from './plugins/identify.ts';
import { Lifecycle, PluginChanged, pluginMigrations } from './plugins/index.ts';
import type { Parts } from './plugins/index.ts';
import { confinement } from './plugins/trust.ts';
import { partsToken } from './plugins/parts.ts';
import { openRecord } from './record.ts';
import { systemVerbs } from './plugins/system-verbs.ts';
import type { SystemVerbs } from './plugins/system-verbs.ts';
import type { Platform } from './running-platform.ts';
import { ServiceRegistry } from './services/index.ts';
import { version } from './version.ts';

/** What a platform is made of. */
export interface PlatformOptions {
  /** Folder of everything that is kept. */
  readonly data: string;
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /**
   * Port that another process of this install serves on the same data folder. This one listens there too, on sockets that both
   * were given (as `node:cluster` does without scheduling), once it is ready; the other one is to retire then.
   */
  readonly takesOver?: number;
  /** Asked before it listens beside the other one, with every plugin started or failed; what it throws ends the start. */
  readonly mayTakeOver?: (lifecycle: SystemVerbs) => Promise<void>;
  /** An existing Postgres; else an embedded one runs in the data folder. */
  readonly databaseUrl?: string | undefined;
  /** A Redis that all control-plane processes share for what lives shortly; without one each has its own. */
  readonly redisUrl?: string | undefined;
  /** A folder of plugin packages, or the packages themselves. */
  readonly plugins: string | readonly PluginPackage[];
  /** Settings that the start command fixes, by plugin. */
  readonly settings?: Overrides;
  /** Built dashboard. */
  readonly shellDirectory?: string;
  readonly log?: HostLogger;
  /** Time and randomness as plugins see them (`ctx.clock`, `ctx.random`, `ctx.repeat`); the machine's by default. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** How long requests may finish when a plugin or the platform stops; 10 s by default. */
  readonly drainMs?: number;
}

/**
 * Starts a control plane; it listens at once, and resolves when every plugin has started or failed.
 * Throws `PORT_IN_USE`, `MANIFEST_INVALID`, and what the database throws; then nothing is left running.
 */
export async function createPlatform(options: PlatformOptions): Promise<Platform> {
  const log = options.log ?? createLogger({ name: 'control-plane' });
  const undo = new Scope('platform', { deadlineMs: 60_000 });
  try {
    return await start(options, log, undo);
  } catch (error) {
    for (const failure of await undo.dispose()) log.warn({ ...failure }, 'Part of a start that failed was not undone');
    throw error;
  }
}

async function start(options: PlatformOptions, log: HostLogger, undo: Scope): Promise<Platform> {
  const { data, host = '127.0.0.1', drainMs = 10_000, takesOver } = options;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  logLostRejections(log, undo);
  const given = typeof options.plugins === 'string' ? await discover(options.plugins) : options.plugins;
  const packages = given.map((one) => (one.trust === 'isolated' ? { ...one, load: () => confined.isolate(one) } : one));
  const checks = new Map<string, Reason>([
    ['database', async () => 'It is starting.'],
    ['plugins', async () => 'They are starting.'],
  ]);
  let lifecycle: Lifecycle | null = null;
  let agents: AgentGateway | null = null;

  const ui = openUi(
    options.shellDirectory,
    () => lifecycle,
    (plugin) => grants.of(plugin).events,
  );
  const front = new Front();
  const gateway = new Gateway({
    log,
    front,
    explain: explainAbsent(packages, () => lifecycle),
    page: async (request, response) =>
      ui ? ui.serve(request, response) : answerProblem(request, response, notFound('page')),
    upgrades: new Map([
      [
        '/api/v1/agents/connect',
        (request, socket, head) => (agents ? agents.upgrade(request, socket, head) : socket.destroy()),
      ],
    ]),
  });
  const services = new ServiceRegistry();
  const authenticate = identifier({ services, agent: (bearer) => agents?.authenticate(bearer) ?? null });
  let mount: MountOptions = { front };
  const kernel = kernelMount(gateway, { authenticate, log, origin: () => origin, mount: () => mount });
  await kernel.add((http) => registerHealthRoutes(http, () => runChecks(checks, lifecycle)));
  const port = takesOver ?? (await listen(gateway, host, options.port ?? 0));
  const origin = `http://${['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host) ? 'localhost' : host}:${port}`;
  undo.own('listeners', () => gateway.close(drainMs));
  const consoleSocket = join(data, 'console.sock');
  if (takesOver === undefined) await gateway.listenConsole(consoleSocket);

  const database = await openDatabase({ data, databaseUrl: options.databaseUrl, log });
  undo.own('database', () => database.stop());
  await migrateKernel(database.pool, [
    ...pluginMigrations,
    ...packageMigrations,
    ...agentMigrations,
    ...isolationMigrations,
  ]);
  checks.set('database', () => ping(database));
  const install = { id: await installId(database.pool), version };
  const live = await openLive({ redisUrl: options.redisUrl, install: install.id, log });
  undo.own('live', () => live.stop());
  if (live.shared)
    checks.set(
      'redis',
      Object.assign(async () => live.down(), { vital: false }),
    );
  const keyRing = await openKeyRing(join(data, 'keys'));
  const record = await openRecord({ pool: database.pool, keyRing, log }, undo);
  mount = { front, ...record.mount };
  const jobs = createJobs({ pool: database.pool, log });
  await jobs.start();
  undo.own('jobs', () => jobs.stop());
  const events = createEvents({ pool: database.pool, log });
  events.start();
  undo.own('events', () => events.stop());
  for (const event of [PluginChanged, NodeChanged, NodeRemoved]) events.define('kernel', event);
  const hooks = new HookRegistry();
  hooks.define('kernel', NodeLeave);
  const emit = emitter(database);
  const keys = openKeys({ pool: database.pool, keyRing, jobs, log });
  const agentGateway = createAgentGateway({
    pool: database.pool,
    log,
    install: install.id,
    halves: () => halvesOf(lifecycle, (plugin) => grants.of(plugin).provides),
    emit,
    gate: (leaving) => hooks.run(NodeLeave, leaving),
    secrets: relaySecrets(keyRing),
  });
  agents = agentGateway;
  agentGateway.start();
  undo.own('agents', () => agentGateway.stop());

  const settings = createSettings({
    pool: database.pool,
    keyRing,
    log,
    ...(options.settings ? { overrides: options.settings } : {}),
  });
  const own = await settings.open<FrontSettings>('kernel', FrontSettings);
  front.apply(own.current);
  undo.own(
    'own settings',
    own.onChange((next) => front.apply(next)),
  );
  front.countBy(live.take);
  const parts: Parts = {
    install,
    log,
    logFor: (plugin) => log.child({ plugin }),
    directoryOf: (plugin) => join(data, 'plugins', plugin),
    origin: () => origin,
    clock: options.clock ?? realClock,
    random: options.random ?? realRandom,
    exec: createExec({ log }),
    gateway,
    hooks,
    services,
    authenticate,
    mount,
    jobs,
    events,
    secrets: keyRing,
    settings,
    openStore: (plugin, entities, migrations) => openPluginStore({ database, plugin, entities, migrations }),
    agentsFor: (plugin, scope) => agentGateway.agentsFor(plugin, scope),
    liveFor: (plugin, scope) => live.for(plugin, scope),
  };
  // What a half may serve to others is a grant: nodes are told even of a plugin that can't be set up anew.
  const grants = openGrants(database.pool, keyRing, log, () => settled && void agentGateway.halvesChanged());
  const confined = confinement(parts, grants, database.pool, () => lifecycle);
  const container = rootContainer.createChildContainer();
  container.register(partsToken, { useValue: parts });
  let settled = false;
  const installed = await openPackages({
    pool: database.pool,
    data,
    firstParty: packages,
    isolate: (one) => confined.isolate(one),
  });
  const life = new Lifecycle({
    parts,
    container,
    packages,
    installed: () => installed.current(),
    reserved: kernelClaims,
    desired: openDesired(database.pool),
    log,
    drainMs,
    changed(entry) {
      const { name, manifest } = entry.package;
      if (!settled || undo.signal.aborted) return;
      emit(PluginChanged, { plugin: name, state: entry.state }).catch((error: unknown) =>
        log.warn({ error, plugin: name }, 'A plugin’s change could not be told'),
      );
      if (manifest.agent !== undefined) void agentGateway.halvesChanged();
    },
  });
  lifecycle = life;
  await kernel.add((http) =>
    registerKernelApi(http, {
      life,
      settings,
      own,
      agents: agentGateway,
      grants,
      packages: { life, installed, grants, pool: database.pool, directoryOf: parts.directoryOf },
      audit: record.audit,
      keys,
      events,
      jobs,
      ui: () => ui?.list() ?? { plugins: [] },
      openApi: openApiDocument(gateway, version),
    }),
  );
  undo.own('kernel routes', () => kernel.drain(drainMs));
  undo.own('plugins', () => life.stopAll());
  const started = life.startAll();
  undo.own(
    'notices of other processes',
    openNotices(database.pool, log, {
      [agentChannel]: (payload) => agentGateway.wake(payload),
      [keysChannel]: () => keys.reload(),
      [settingsChannel]: (plugin) => void settings.refresh(plugin),
      [grantsChannel]: (plugin) => grants.heard(plugin),
      [pluginChannel]: (name) =>
        void life.follow(name === null).catch((error: unknown) => log.warn({ error }, 'Plugins can’t follow')),
    }),
  );
  await started;
  settled = true;
  checks.set('plugins', async () => null);
  await agentGateway.halvesChanged();
  const lifecycleVerbs = systemVerbs(life, record.audit);
  if (takesOver !== undefined) {
    await options.mayTakeOver?.(lifecycleVerbs);
    await listen(gateway, host, options.port ?? 0);
    await gateway.listenConsole(consoleSocket, { shared: true });
  }
  log.info({ origin, plugins: life.entries.filter((entry) => entry.running).length }, 'The control plane is ready');

  async function stop(): Promise<void> {
    // No new connections from here on; those that are open are answered until their plugin has left.
    void gateway.close(drainMs);
    for (const failure of await undo.dispose()) log.warn({ ...failure }, 'Part of the platform did not stop cleanly');
  }

  return {
    origin,
    consoleSocket,
    console: consolePrincipal,
    services,
    lifecycle: lifecycleVerbs,
    agents: { createToken: async () => (await agentGateway.createToken()).token },
    registered: () => ({
      hooks: parts.hooks.list(),
      taps: parts.hooks.taps(),
      services: services.list(),
      events: events.list(),
      handlers: events.handlers(),
      jobs: jobs.handled(),
      agents: agentGateway.heard(),
      mounts: gateway.mounts.map(({ plugin, segments, roots }) => ({ plugin, segments, roots })),
    }),
    async retire() {
      await Promise.all([gateway.retire(drainMs), agentGateway.leave(), jobs.stop()]);
      await stop();
    },
    stop,
  };
}
