import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '@containr/sdk/host';
import { createPlatform } from '@containr/kernel';
import { startLocalAgent } from './local-agent.ts';
import type { StartOptions } from './options.ts';
import { assertPortsFree } from './ports.ts';
import type { Reporter } from './reporter.ts';
import { sampleAddress } from './sample.ts';
import { setUpLink } from './set-up-link.ts';
import { stopApps } from './stop-apps.ts';
import { untilStopped } from './until-stopped.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Brings control plane, database, agent and ingress up, says where they are, and stays until it is told to stop. */
export async function runStart(options: StartOptions, reporter: Reporter): Promise<void> {
  const data = resolve(options.data);
  await mkdir(data, { recursive: true });
  await assertPortsFree(options);
  const log = createLogger({
    level: options.logLevel,
    destination: createWriteStream(join(data, 'containr.log'), { flags: 'a', mode: 0o600 }),
    name: 'control-plane',
  });
  const platform = await reporter.step('platform', 'Starting database and plugins', () =>
    createPlatform({
      data,
      host: options.host,
      port: options.port,
      ...(options.databaseUrl ? { databaseUrl: options.databaseUrl } : {}),
      ...(options.redisUrl ? { redisUrl: options.redisUrl } : {}),
      plugins: join(root, 'plugins'),
      shellDirectory: join(root, 'ui/shell/dist'),
      log,
      settings: {
        ingress: { port: options.ingressPort, host: options.host },
        deployments: { runtime: options.runtime },
        ...(options.catalogue ? { nixpacks: { catalogueFile: resolve(options.catalogue) } } : {}),
      },
    }),
  );
  const stop = untilStopped();
  const agent = await startLocalAgent({
    control: platform.origin,
    data,
    token: () => platform.agents.createToken(),
    log,
  });
  try {
    const sample = options.sample
      ? await reporter
          .step('sample', 'Deploying the sample', () =>
            sampleAddress({
              socketPath: platform.consoleSocket,
              data,
              folder: join(root, 'samples/hello'),
              signal: stop.signal,
            }),
          )
          .catch((error: unknown) => {
            if (!stop.signal.aborted)
              reporter.note(`The sample is not live: ${error instanceof Error ? error.message : String(error)}`);
            return null;
          })
      : null;
    if (!stop.signal.aborted) {
      reporter.ready({
        dashboard: platform.origin,
        setup: await setUpLink(platform),
        sample,
        api: `${platform.origin}/api/v1`,
      });
    }
    await stop.requested;
    if (options.stopApps) await reporter.step('apps', 'Stopping apps', () => stopApps(platform));
  } finally {
    await reporter.step('stop', 'Stopping', async () => {
      await agent.stop();
      await platform.stop();
    });
  }
}
