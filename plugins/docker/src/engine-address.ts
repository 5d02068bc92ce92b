import { request } from '@containr/sdk/node-http';
import { ContainrError } from '@containr/sdk';

const patienceMs = 3000;

/** Where an engine listens. */
export type EngineAddress = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** Reads `DOCKER_HOST`; the usual socket without it. Throws `ENGINE_UNAVAILABLE` for an address that is neither `unix://` nor `tcp://`. */
export function engineAddress(dockerHost: string | undefined): EngineAddress {
  if (!dockerHost) return { socketPath: '/var/run/docker.sock' };
  const url = URL.parse(dockerHost);
  if (url?.protocol === 'unix:') return { socketPath: url.pathname };
  if (url?.protocol === 'tcp:') return { host: url.hostname, port: Number(url.port || 2375) };
  throw new ContainrError({
    code: 'ENGINE_UNAVAILABLE',
    status: 503,
    detail: `DOCKER_HOST is ${JSON.stringify(dockerHost)}, which is no address of an engine.`,
    hint: 'Set it to unix:///path or tcp://host:port, or unset it.',
  });
}

/** Whether an engine answers at an address now. */
export function engineAnswers(address: EngineAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ ...address, path: '/_ping', timeout: patienceMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('timeout', () => ping.destroy(new Error('no answer in time')));
    ping.on('error', () => resolve(false));
    ping.end();
  });
}
