import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ingressConformance } from '@containr/testing/conformance';
import { freePort } from '../test/acme-server.ts';
import { Router } from './router/router.ts';

ingressConformance('builtin', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'router-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const start = { port, host: '127.0.0.1', socket: join(directory, 's.sock'), version: 'test', isShared: false };
  const open = async (): Promise<Router> => {
    const made = new Router({ ...start, state: join(directory, 'table.json') });
    await made.start();
    return made;
  };
  let router = await open();
  return {
    port,
    tlsPort,
    apply: (table) => router.apply(table),
    certify: (set) => router.certify(set),
    inFlight: async () => router.inFlight(),
    counts: async () => router.counts(),
    async restart() {
      await router.stop(0);
      router = await open();
    },
    async remove() {
      await router.stop(0);
      await rm(directory, { recursive: true });
    },
  };
});
