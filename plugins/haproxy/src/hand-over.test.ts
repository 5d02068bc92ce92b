import { glob, readdir, readFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { Routes } from '@containr/plugin-ingress/contract';
import type { Upstream } from '@containr/sdk/contracts';
import { until } from '@containr/testing';
import { expect } from 'chai';
import { WebSocket, WebSocketServer } from 'ws';
import { freePort } from '../../ingress/test/acme-server.ts';
import type { Shop } from '../../ingress/test/shop.ts';
import { startShop } from '../../ingress/test/shop.ts';
import { stopIngress } from '../test/stop-ingress.ts';
import { findEngine } from './carrier/engine.ts';

const host = 'web-shop.localhost';

describe('HAProxy in place of the built-in ingress', function () {
  this.timeout(120_000);
  let shop: Shop;
  let port: number;
  let service: string;
  const servers: Server[] = [];

  async function replica(name: string): Promise<Upstream> {
    const server = createServer((_request, response) => void response.end(name)).listen(0, '127.0.0.1');
    new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', () => socket.send(name)));
    servers.push(server);
    await once(server, 'listening');
    return { replica: randomUUID(), node: 'test', address: '127.0.0.1', port: (server.address() as AddressInfo).port };
  }

  /** One request on a connection of its own; what came, or what went wrong. */
  async function ask(): Promise<string> {
    try {
      const request = httpRequest({ host: '127.0.0.1', port, headers: { host }, agent: false }).end();
      const [response] = await once(request, 'response');
      let body = '';
      for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
      return response.statusCode === 200 ? body : `${response.statusCode} ${body}`;
    } catch (error) {
      return String(error);
    }
  }

  async function switchTo(upstream: Upstream): Promise<void> {
    const principal = shop.test.platform.console;
    const organisation = await shop.organisation('default');
    await shop.test.platform.services
      .get(Routes)
      .switchTo(
        { service, deployment: randomUUID(), upstreams: [upstream] },
        { principal: { ...principal, organisation } },
      );
  }

  async function choose(driver: string): Promise<void> {
    const changed = await shop.test.console('/settings/ingress', { method: 'PATCH', body: { driver } });
    expect(changed.status, changed.text).to.equal(200);
  }

  async function haproxyPid(): Promise<number | null> {
    for await (const path of glob(join(shop.test.data, '**/haproxy.json')))
      return (JSON.parse(await readFile(path, 'utf8')) as { pid: number }).pid;
    return null;
  }

  async function whoAnswers(socket: WebSocket): Promise<string> {
    socket.send('who');
    return String((await once(socket, 'message'))[0]);
  }

  /** How many processes keep an HAProxy. */
  async function carrierProcesses(): Promise<number> {
    const lines: string[] = [];
    for (const pid of await readdir('/proc'))
      if (/^\d+$/.test(pid)) lines.push(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
    return lines.filter((line) => line.includes('--state') && line.includes(shop.test.data) && line.includes('haproxy'))
      .length;
  }

  /** Ingresses that their agent keeps running. */
  async function carriers(): Promise<string[]> {
    const names: string[] = [];
    for await (const path of glob(join(shop.test.data, '**/router.json')))
      names.push(path.includes('haproxy') ? 'haproxy' : 'builtin');
    return names.sort();
  }

  before(async function () {
    if (typeof (await findEngine()) === 'string') this.skip();
    port = await freePort();
    shop = await startShop({ port, host: '127.0.0.1' }, ['haproxy']);
    service = await shop.service('web');
  });
  after(async () => {
    for (const server of servers) server.close();
    if (shop) await stopIngress(shop.test.data, () => shop.stop());
  });

  it('says which HAProxy each node has', async () => {
    const answer = await shop.test.console('/haproxy');
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.field('items', 0, 'version')).to.match(/^[2-9]\./);
    expect(answer.field('items', 0, 'reason')).to.equal(null);
  });

  it('takes over and gives back while visitors ask, and closes no socket', async () => {
    const [one, two] = [await replica('one'), await replica('two')];
    await switchTo(one);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host } });
    await once(socket, 'open');
    let closed = false;
    socket.on('close', () => (closed = true));
    const answers = new Map<string, number>();
    let asking = true;
    const visitors = Array.from({ length: 4 }, async () => {
      while (asking) {
        const answer = await ask();
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    let lasting: WebSocket | undefined;
    for (const driver of ['haproxy', 'builtin', 'haproxy']) {
      await choose(driver);
      await until(`${driver} carries requests alone`, async () => (await carriers()).join() === driver);
      await switchTo(two);
      expect(await ask()).to.equal('two');
      await switchTo(one);
      expect(await ask()).to.equal('one');
      if (lasting) continue;
      lasting = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host } });
      await once(lasting, 'open');
    }
    // The first HAProxy ends with its last socket, and takes nothing of the second along.
    if (lasting) expect(await whoAnswers(lasting)).to.equal('one');
    const processes = await carrierProcesses();
    lasting?.terminate();
    await until('the first one has ended', async () => (await carrierProcesses()) < processes);
    await switchTo(two);
    expect(await ask()).to.equal('two');
    await switchTo(one);
    asking = false;
    await Promise.all(visitors);
    // What the setting says: a connection that waits in the moment in which a port is closed is reset by the system.
    const resets = answers.get('Error: read ECONNRESET') ?? 0;
    answers.delete('Error: read ECONNRESET');
    expect(new Set(answers.keys())).to.deep.equal(new Set(['one', 'two']));
    expect(resets).to.be.at.most(6);
    expect(closed).to.equal(false);
    expect(await whoAnswers(socket)).to.equal('one');
    socket.terminate();
  });

  it('is started again with everything when it dies, without agent and control plane', async () => {
    await shop.test.agent?.kill();
    const pid = await haproxyPid();
    if (pid === null) throw new Error('no HAProxy');
    process.kill(pid, 'SIGKILL');
    await until('another process answers', async () => {
      const now = await haproxyPid();
      return now !== null && now !== pid && (await ask()) === 'one';
    });
    await shop.test.agent?.restart();
  });

  it('goes on serving when who keeps it dies, and is adopted', async () => {
    const pid = await haproxyPid();
    const keeper = await shop.routerPid();
    if (keeper === null) throw new Error('nobody keeps HAProxy');
    process.kill(keeper, 'SIGKILL');
    expect(await ask()).to.equal('one');
    await until('it is kept again', async () => {
      const now = await shop.routerPid();
      return now !== null && now !== keeper;
    });
    await until('it follows', async () => {
      await switchTo(await replica('three')).catch(() => undefined);
      return (await ask()) === 'three';
    });
    expect(await haproxyPid()).to.equal(pid);
  });
});
