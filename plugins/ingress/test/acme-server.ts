import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@containr/testing';
import { generate } from 'selfsigned';

const pebble = '/usr/bin/pebble';

/** Whether this machine has an ACME authority to test with. */
export const hasAcmeServer = existsSync(pebble);

/** A real ACME authority (Pebble), and name servers that it and we ask. */
export interface AcmeServer {
  readonly directory: string;
  /** Root of the authority's own HTTPS, PEM. */
  readonly ca: string;
  /** `127.0.0.1:port`: answers 127.0.0.1 for every name. */
  readonly dns: string;
  setTxt(name: string, value: string): Promise<void>;
  clearTxt(name: string): Promise<void>;
  /** From now on a name has no address. */
  forget(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Starts both; `httpPort` is where the authority looks for proofs. */
export async function startAcmeServer(httpPort: number, lifeSeconds = 90 * 24 * 3600): Promise<AcmeServer> {
  const folder = await mkdtemp(join(tmpdir(), 'acme-'));
  const [api, management, dns, dnsManagement] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const own = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  await writeFile(join(folder, 'cert.pem'), own.cert);
  await writeFile(join(folder, 'key.pem'), own.private);
  const config = {
    pebble: {
      listenAddress: `127.0.0.1:${api}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: join(folder, 'cert.pem'),
      privateKey: join(folder, 'key.pem'),
      httpPort,
      tlsPort: await freePort(),
      ocspResponderURL: '',
      externalAccountBindingRequired: false,
      certificateValidityPeriod: lifeSeconds,
    },
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const names = spawn(
    '/usr/bin/pebble-challtestsrv',
    [
      ...['-dns01', `127.0.0.1:${dns}`, '-management', `127.0.0.1:${dnsManagement}`],
      ...['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv4', '127.0.0.1', '-defaultIPv6', ''],
    ],
    { stdio: 'ignore' },
  );
  const authority = spawn(pebble, ['-config', join(folder, 'config.json'), '-dnsserver', `127.0.0.1:${dns}`], {
    stdio: 'ignore',
    env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '20' },
  });
  const tell = async (what: string, body: unknown): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${dnsManagement}/${what}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`The name server refused ${what}: ${answer.status}.`);
  };
  await until('the name server answers', () =>
    tell('clear-txt', { host: 'x.example.' }).then(
      () => true,
      () => false,
    ),
  );
  await until('the authority answers', async () => {
    const probe = createServer();
    return new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(true));
      probe.listen(api, '127.0.0.1', () => probe.close(() => resolve(false)));
    });
  });
  return {
    directory: `https://127.0.0.1:${api}/dir`,
    ca: own.cert,
    dns: `127.0.0.1:${dns}`,
    setTxt: (name, value) => tell('set-txt', { host: `${name}.`, value }),
    clearTxt: (name) => tell('clear-txt', { host: `${name}.` }),
    forget: (name) => tell('set-servfail', { host: `${name}.` }),
    async stop() {
      await Promise.all([end(names), end(authority)]);
      await rm(folder, { recursive: true });
    },
  };
}
