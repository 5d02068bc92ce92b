import type { ClientRequest } from 'node:http';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { named } from './names.ts';
import type { Passes } from './passes.ts';

type Ask = (...given: unknown[]) => ClientRequest;

/** Names what is asked over a socket of this machine, of the container engine and of the ingress: before, and when it was answered. */
export function watchLocalCalls(passes: Passes): void {
  const ask = http.request as unknown as Ask;
  const watched: Ask = (...given) => {
    const options = given.find((one) => typeof one === 'object' && one !== null && 'socketPath' in one) as
      { socketPath?: string; method?: string; path?: string } | undefined;
    if (!options?.socketPath) return ask(...given);
    const path = named((options.path ?? '').replace(/\?.*$/, ''));
    const what = `ask ${options.method ?? 'GET'} ${path}`;
    passes.pass('before', what);
    const request = ask(...given);
    request.once('response', () => passes.pass('after', what));
    return request;
  };
  Reflect.set(http, 'request', watched);
  syncBuiltinESMExports();
}
