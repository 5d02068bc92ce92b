import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPlatform, discover } from '@containr/kernel';
import type { Platform } from '@containr/kernel';
import { startCluster } from '@containr/postgres';
import type { HostLogger } from '@containr/sdk/host';
import { createLogger } from '@containr/sdk/host';
import { installPlugin } from './install-plugin.ts';
import { keepLocalAgent } from './local-agent.ts';
import { refuseLostPlugins } from './lost-plugins.ts';
import { releaseStartMemory } from './release-start-memory.ts';
import type { StartOptions } from './options.ts';
import { assertPortsFree } from './ports.ts';
import type { Reporter } from './reporter.ts';
import { sampleAddress } from './sample.ts';
import { setUpLink } from './set-up-link.ts';
import { stopApps } from './stop-apps.ts';
import type { Supervised } from './supervised.ts';
import { version } from './version.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Runs one control plane until its supervisor wishes otherwise: brings up what is not kept already, serves, says where when
 * nobody has, and stops the install in order or leaves it to a successor.
 */
export async function runControlPlane(
  options: StartOptions,
  reporter: Reporter,
  supervisor: Supervised,
): Promise<void> {
  const data = resolve(options.data);
  await mkdir(data, { recursive: true });
  await supervisor.claim(data);
  if (supervisor.beginning.reason === 'first') await assertPortsFree(options);
  const destination = createWriteStream(join(data, 'containr.log'), { flags: 'a', mode: 0o600 });
  try {
    await serve(
      options,
      data,
      reporter,
      supervisor,
      createLogger({ level: options.logLevel, destination, name: 'control-plane' }),
    );
  } finally {
    // The process exits next; what was logged is on disk by then.
    await new Promise((written) => destination.write('', written));
  }
}

async function serve(
  options: StartOptions,
  data: string,
  reporter: Reporter,
  supervisor: Supervised,
  log: HostLogger,
): Promise<void> {
  const start = () => startPlatform(options, data, supervisor, log);
  const platform =
    supervisor.beginning.reason === 'first'
      ? await reporter.step('platform', 'Starting database and plugins', start)
      : await start();
  releaseStartMemory({ afterMs: 5000, times: 2 });
  await supervisor.ready(version, Number(new URL(platform.origin).port || 80));
  const agent = await keepLocalAgent({
    control: platform.origin,
    data,
    token: () => platform.agents.createToken(),
    keeper: supervisor.keeper,
  });
  if (supervisor.beginning.announce) await announce(options, data, reporter, platform, supervisor);
  if ((await supervisor.wish) === 'retire') return platform.retire();
  try {
    if (options.stopApps) await reporter.step('apps', 'Stopping apps', () => stopApps(platform));
  } finally {
    await reporter.step('stop', 'Stopping', async () => {
      await agent.end();
      await platform.stop();
    });
  }
}

async function startPlatform(
  options: StartOptions,
  data: string,
  supervisor: Supervised,
  log: HostLogger,
): Promise<Platform> {
  const { takesOver, port } = supervisor.beginning;
  const databaseUrl = options.databaseUrl ?? (await startCluster({ data, log, keeper: supervisor.keeper })).url;
  return createPlatform({
    data,
    host: options.host,
    port: port ?? options.port,
    ...(takesOver === null
      ? {}
      : { takesOver, mayTakeOver: (lifecycle) => refuseLostPlugins(join(data, 'console.sock'), lifecycle.list()) }),
    databaseUrl,
    ...(options.redisUrl ? { redisUrl: options.redisUrl } : {}),
    plugins: [...(await discover(join(root, 'plugins'))), installPlugin(supervisor)],
    shellDirectory: join(root, 'ui/shell/dist'),
    log,
    settings: {
      ingress: { port: options.ingressPort, host: options.host },
      deployments: { runtime: options.runtime },
      ...(options.catalogue ? { nixpacks: { catalogueFile: resolve(options.catalogue) } } : {}),
    },
  });
}

async function announce(
  options: StartOptions,
  data: string,
  reporter: Reporter,
  platform: Platform,
  { signal, announced }: Supervised,
): Promise<void> {
  const sample = options.sample
    ? await reporter
        .step('sample', 'Deploying the sample', () =>
          sampleAddress({ socketPath: platform.consoleSocket, data, folder: join(root, 'samples/hello'), signal }),
        )
        .catch((error: unknown) => {
          if (!signal.aborted)
            reporter.note(`The sample is not live: ${error instanceof Error ? error.message : String(error)}`);
          return null;
        })
    : null;
  if (signal.aborted) return;
  reporter.ready({
    dashboard: platform.origin,
    setup: await setUpLink(platform),
    sample,
    api: `${platform.origin}/api/v1`,
  });
  await announced();
}
