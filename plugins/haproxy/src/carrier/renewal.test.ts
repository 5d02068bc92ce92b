import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, Agent } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Route } from '@containr/sdk/contracts';
import { expect } from 'chai';
import { freePort } from '../../../ingress/test/acme-server.ts';
import { HaproxyFixture } from '../../test/haproxy-fixture.ts';
import { findEngine } from './engine.ts';

const execute = promisify(execFile);

describe('HAProxy: a process in place of another', function () {
  this.timeout(60_000);
  let fixture: HaproxyFixture;
  let route: (host: string) => Route;
  const server = createServer((_request, response) => void response.end('yes'));
  const agent = new Agent({ keepAlive: true });
  let revision = 0;

  async function ask(host: string): Promise<string> {
    const request = httpRequest({ host: '127.0.0.1', port: fixture.port, headers: { host }, agent }).end();
    const [response] = await once(request, 'response');
    let body = '';
    for await (const chunk of response) body += String(chunk);
    return response.statusCode === 200 ? body : String(response.statusCode);
  }

  /** What visitors got while something was done. */
  async function during(work: () => Promise<unknown>): Promise<Set<string>> {
    const got = new Set<string>();
    let going = true;
    const visitors = Array.from({ length: 4 }, async () => {
      while (going) got.add(await ask('app.example.org').catch((error: unknown) => String(error)));
    });
    await work();
    going = false;
    await Promise.all(visitors);
    return got;
  }

  function apply(routes: readonly Route[], tlsPort: number | null = null): Promise<number> {
    return fixture.ingress.apply({ revision: ++revision, routes: [...routes], tlsPort });
  }

  before(async function () {
    const made = await HaproxyFixture.create();
    if (!made) return this.skip();
    fixture = made;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const upstream = {
      replica: randomUUID(),
      node: 'n',
      address: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
    };
    route = (host) => ({ host, path: '/', service: randomUUID(), deployment: null, upstreams: [upstream] });
  });
  after(async () => {
    agent.destroy();
    server.close();
    await fixture?.remove();
  });

  it('comes when there are more services than backends, and no request fails', async () => {
    const app = route('app.example.org');
    await apply([app]);
    const pid = await fixture.pid();
    const more = Array.from({ length: 600 }, (_, at) => route(`s${at}.example.org`));
    expect(await during(() => apply([app, ...more]))).to.deep.equal(new Set(['yes']));
    expect(await fixture.pid()).to.not.equal(pid);
    expect(await ask('s599.example.org')).to.equal('yes');
  });

  it('comes for another port of HTTPS, and for nothing else that a table says', async () => {
    const app = route('app.example.org');
    expect(await during(async () => apply([app], await freePort()))).to.deep.equal(new Set(['yes']));
    expect(await during(async () => apply([app], await freePort()))).to.deep.equal(new Set(['yes']));
    const pid = await fixture.pid();
    const tlsPort = fixture.ingress.table().tlsPort ?? null;
    const headers = [{ name: 'x-own', value: 'a' }];
    for (const change of [
      { headers },
      { redirect: 'https://example.org' },
      { balance: 'random' as const },
      { secure: true },
    ])
      await apply([app, { ...route('other.example.org'), ...change }], tlsPort);
    expect(await fixture.pid()).to.equal(pid);
  });

  it('could be started from what is on disk after any change, which is for its owner only', async () => {
    const engine = await findEngine();
    if (typeof engine === 'string') throw new Error(engine);
    const configuration = join(fixture.directory, 'haproxy/haproxy.cfg');
    for (const host of ['one.example.org', 'two.example.org']) {
      await apply([route(host)]);
      await execute(engine.path, ['-c', '-f', configuration], { timeout: 20_000 });
      expect((await stat(configuration)).mode & 0o777).to.equal(0o600);
    }
  });

  it('is said to be impossible, and why, where HAProxy is missing, too old, or built without what is needed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'engines-'));
    const engineThatSays = async (name: string, says: string): Promise<string> => {
      await writeFile(join(folder, name), `#!${process.execPath}\nconsole.log(${JSON.stringify(says)})\n`, {
        mode: 0o755,
      });
      return join(folder, name);
    };
    try {
      expect(await findEngine([join(folder, 'none')])).to.include('no HAProxy on this node');
      const old = await engineThatSays('old', 'HAProxy version 2.4.22 2023/02/14\n+LUA +OPENSSL');
      expect(await findEngine([old])).to.include('HAProxy 2.4.22, and 2.6 or later is needed');
      const bare = await engineThatSays('bare', 'HAProxy version 2.8.3 2023/09/07\n-LUA +OPENSSL');
      expect(await findEngine([bare])).to.include('without Lua');
      const good = await engineThatSays('good', 'HAProxy version 3.0.1 2024/06/10\n+LUA +OPENSSL');
      expect(await findEngine([old, good])).to.deep.equal({ path: good, version: '3.0.1' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
