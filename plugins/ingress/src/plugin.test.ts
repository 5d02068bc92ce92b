import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { glob, readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Principal } from '@containr/sdk';
import type { Upstream } from '@containr/sdk/contracts';
import { Ingress } from '@containr/sdk/contracts';
import { Setup } from '@containr/plugin-auth/contract';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform, until } from '@containr/testing';
import { expect } from 'chai';
import { Routes } from './contract.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function get(port: number, host: string): Promise<{ status: number; body: string }> {
  const request = httpRequest({ host: '127.0.0.1', port, headers: { host }, agent: false }).end();
  const [response] = await once(request, 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  return { status: response.statusCode, body };
}

describe('ingress plugin', function () {
  this.timeout(90_000);
  let test: TestPlatform;
  let port: number;
  let principal: Principal;
  let token: string;
  let environment: string;
  const servers: Server[] = [];

  async function replica(text: string): Promise<Upstream> {
    const server = createServer((_request, response) => void response.end(text)).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return { replica: randomUUID(), node: 'test', address: '127.0.0.1', port: (server.address() as AddressInfo).port };
  }

  async function makeService(slug: string, kind = 'web'): Promise<string> {
    const answer = await test.request('/api/v1/services', {
      method: 'POST',
      token,
      body: { environment, name: slug, slug, kind },
    });
    expect(answer.status, answer.text).to.equal(201);
    return String(answer.field('id'));
  }

  async function routerPid(): Promise<number | null> {
    const find = glob(join(test.data, '**/router.json'));
    for await (const path of find) return Number((JSON.parse(await readFile(path, 'utf8')) as { pid: number }).pid);
    return null;
  }

  before(async () => {
    port = await freePort();
    test = await startTestPlatform({
      plugins: ['auth', 'projects', 'ingress'],
      settings: { ingress: { port, host: '127.0.0.1' } },
      agent: true,
    });
    const { url } = await test.platform.services.get(Setup).link({}, { principal: test.platform.console });
    const made = await test.request('/api/v1/setup', {
      method: 'POST',
      body: {
        token: new URL(url ?? '').searchParams.get('token'),
        email: 'ada@example.com',
        password: 'correct horse battery',
        name: 'Ada',
        organisation: 'Engines',
      },
    });
    expect(made.status, made.text).to.equal(201);
    token = String(made.field('token', 'secret'));
    principal = { ...test.platform.console, organisation: String(made.field('organisation', 'id')) };
    const project = await test.request('/api/v1/projects', {
      method: 'POST',
      token,
      body: { name: 'Shop', slug: 'shop' },
    });
    expect(project.status, project.text).to.equal(201);
    const environments = await test.request(`/api/v1/environments?project=${String(project.field('id'))}`, { token });
    environment = String(environments.field('items', 0, 'id'));
  });

  after(async () => {
    for (const server of servers) server.close();
    const pid = test && (await routerPid());
    await test?.stop();
    if (pid) process.kill(pid, 'SIGKILL');
  });

  it('has the ingress up before anything is deployed', async () => {
    const answer = await until('the ingress answers', () => get(port, 'nothing.localhost').catch(() => null));
    expect(answer.status).to.equal(404);
    expect(answer.body).to.include('ROUTE_UNKNOWN');
  });

  it('names a service, and says that it is not live yet', async () => {
    const service = await makeService('web');
    const answer = await test.request(`/api/v1/services/${service}`, { token });
    expect(answer.field('urls')).to.deep.equal([`http://web-shop.localhost:${port}`]);
    const waiting = await until('the name is routed', async () => {
      const got = await get(port, 'web-shop.localhost');
      return got.status === 503 && got;
    });
    expect(waiting.body).to.include('SERVICE_NOT_LIVE');
  });

  it('gives a worker no address', async () => {
    const service = await makeService('mailer', 'worker');
    expect((await test.request(`/api/v1/services/${service}`, { token })).field('urls')).to.deep.equal([]);
  });

  it('has switched when switchTo resolves', async () => {
    const service = await makeService('api');
    const routes = test.platform.services.get(Routes);
    const [one, two] = [await replica('one'), await replica('two')];
    const deployment = randomUUID();
    for (const [upstream, text] of [
      [one, 'one'],
      [two, 'two'],
      [one, 'one'],
    ] as const) {
      await routes.switchTo({ service, deployment, upstreams: [upstream] }, { principal });
      expect((await get(port, `api-shop.localhost:${port}`)).body).to.equal(text);
    }
    expect((await routes.current({ services: [service] }, { principal })).deployments).to.deep.equal({
      [service]: deployment,
    });
    expect((await routes.inFlight({ replicas: [one.replica] }, { principal })).inFlight).to.deep.equal({
      [one.replica]: 0,
    });
    const listed = await test.request(`/api/v1/routes?service=${service}`, { token });
    expect(listed.field('items', 0, 'upstreams', 0, 'port')).to.equal(one.port);
    const domains = await test.request(`/api/v1/domains?service=${service}`, { token });
    expect(domains.field('items', 0, 'host')).to.equal('api-shop.localhost');
  });

  it('holds requests of a service until it is switched, and of nobody else', async () => {
    const service = await makeService('held');
    const routes = test.platform.services.get(Routes);
    await routes.switchTo({ service, deployment: null, upstreams: [await replica('before')] }, { principal });
    await routes.hold({ service, forMs: 60_000 }, { principal });
    let answered = false;
    const waiting = get(port, 'held-shop.localhost').finally(() => (answered = true));
    expect((await get(port, 'api-shop.localhost')).status).to.equal(200);
    expect(answered).to.equal(false);
    await routes.switchTo({ service, deployment: null, upstreams: [await replica('after')] }, { principal });
    expect((await waiting).body).to.equal('after');
    const stranger = { ...principal, organisation: randomUUID() };
    const refused = await routes
      .hold({ service, forMs: 1000 }, { principal: stranger })
      .catch((error: unknown) => error);
    expect(refused).to.include({ code: 'NOT_FOUND' });
  });

  it('shows and moves nothing of another organisation', async () => {
    const service = await makeService('private');
    const stranger = { ...principal, organisation: randomUUID() };
    const routes = test.platform.services.get(Routes);
    expect((await routes.urls({ services: [service] }, { principal: stranger })).urls).to.deep.equal({ [service]: [] });
    const refused = await routes
      .switchTo({ service, deployment: null, upstreams: [] }, { principal: stranger })
      .catch((error: unknown) => error);
    expect(refused).to.include({ code: 'NOT_FOUND' });
  });

  it('takes a whole table as the provider "ingress", and refuses an older one', async () => {
    const provider = test.platform.services.providers(Ingress).find((one) => one.id === 'ingress');
    const refused = await provider?.client
      .apply({ revision: 1, routes: [] }, { principal })
      .catch((error: unknown) => error);
    expect(refused).to.include({ code: 'STALE' });
  });

  it('follows a new domain at once, and goes on answering at the old name', async () => {
    const service = await makeService('moving');
    await test.platform.services
      .get(Routes)
      .switchTo({ service, deployment: null, upstreams: [await replica('moved')] }, { principal });
    const changed = await test.console('/settings/ingress', {
      method: 'PATCH',
      body: { appsDomain: 'apps.example.org' },
    });
    expect(changed.status, changed.text).to.equal(200);
    await until('the domain is routed', async () => (await get(port, 'moving-shop.apps.example.org')).body === 'moved');
    expect((await get(port, 'moving-shop.localhost')).body).to.equal('moved');
    expect((await test.request(`/api/v1/services/${service}`, { token })).field('urls')).to.deep.equal([
      `http://moving-shop.apps.example.org:${port}`,
    ]);
    await test.console('/settings/ingress', { method: 'PATCH', body: { appsDomain: null } });
  });

  it('drops the name of a deleted service', async () => {
    const service = await makeService('gone');
    await until('it is routed', async () => (await get(port, 'gone-shop.localhost')).status === 503);
    const deleted = await test.request(`/api/v1/services/${service}?confirm=gone`, { method: 'DELETE', token });
    expect(deleted.status, deleted.text).to.be.lessThan(300);
    await until('it is not routed any more', async () => (await get(port, 'gone-shop.localhost')).status === 404);
  });

  it('goes on without its agent, says that nobody takes a switch then, and catches up later', async () => {
    const service = await makeService('lasting');
    const routes = test.platform.services.get(Routes);
    const [one, two] = [await replica('one'), await replica('two')];
    await routes.switchTo({ service, deployment: null, upstreams: [one] }, { principal });
    const pid = await routerPid();
    await test.agent?.kill();
    expect((await get(port, 'lasting-shop.localhost')).body).to.equal('one');
    const refused = await until('the node is known to be gone', async () => {
      const failure = await routes
        .switchTo({ service, deployment: null, upstreams: [two] }, { principal })
        .catch((error: unknown) => error);
      return failure instanceof Error && failure;
    });
    expect(refused).to.include({ code: 'INGRESS_UNREACHABLE' });
    await test.agent?.restart();
    await until('the ingress has caught up', async () => (await get(port, 'lasting-shop.localhost')).body === 'two');
    expect(await routerPid()).to.equal(pid);
  });
});
