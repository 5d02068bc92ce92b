import { randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Upstream } from '@containr/sdk/contracts';
import type { Answer, Ask } from '@containr/testing';
import { until } from '@containr/testing';
import { Routes } from '../src/contract.ts';
import { freePort, startAcmeServer } from './acme-server.ts';
import { startShop } from './shop.ts';

/** What a visitor got by HTTPS. */
export interface Seen {
  readonly status: number;
  readonly body: string;
  readonly serial: string;
}

/** A shop with HTTPS, an authority and name servers, and its visitors. */
export async function startDomainBench() {
  const port = await freePort();
  const tlsPort = await freePort();
  const authority = await startAcmeServer(port);
  const shop = await startShop({
    port,
    tlsPort,
    host: '127.0.0.1',
    certificates: 'acme',
    acmeDirectory: authority.directory,
    acmeCa: authority.ca,
    acmeEmail: 'ada@example.com',
    dnsServers: [authority.dns],
  });
  const servers: Server[] = [];

  const post = (path: string, body: object = {}, options: Ask = {}): Promise<Answer> =>
    shop.ask(path, { method: 'POST', body, ...options });
  const domain = (id: unknown, options: Ask = {}): Promise<Answer> => shop.ask(`/domains/${String(id)}`, options);

  async function replica(text: string): Promise<Upstream> {
    const server = createServer((_request, response) => void response.end(text)).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return { replica: randomUUID(), node: 'test', address: '127.0.0.1', port: (server.address() as AddressInfo).port };
  }

  /** A service with a replica that answers with its slug. */
  async function live(slug: string, organisation = 'default'): Promise<string> {
    const service = await shop.service(slug, organisation);
    const principal = { ...shop.test.platform.console, organisation: await shop.organisation(organisation) };
    const upstreams = [await replica(slug)];
    await shop.test.platform.services.get(Routes).switchTo({ service, deployment: null, upstreams }, { principal });
    return service;
  }

  async function plain(host: string, path = '/'): Promise<{ status: number; body: string }> {
    const request = httpRequest({ host: '127.0.0.1', port, path, headers: { host }, agent: false }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
    return { status: response.statusCode ?? 0, body };
  }

  async function secure(host: string): Promise<Seen> {
    const agent = new Agent({ maxCachedSessions: 0 });
    const request = httpsRequest({
      agent,
      host: '127.0.0.1',
      port: tlsPort,
      servername: host,
      headers: { host },
      rejectUnauthorized: false,
    }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const serial = new X509Certificate((response.socket as TLSSocket).getPeerCertificate().raw).serialNumber;
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
    return { status: response.statusCode ?? 0, body, serial };
  }

  async function verified(id: unknown, options: Ask = {}): Promise<Answer> {
    return until('the domain is verified', async () => {
      const answer = await domain(id, options);
      return answer.field('ownership', 'state') === 'verified' && answer;
    });
  }

  async function certified(id: unknown): Promise<Answer> {
    return until(
      'the domain has a certificate',
      async () => {
        const answer = await domain(id);
        if (answer.field('certificate', 'state') === 'failed') throw new Error(answer.text);
        return answer.field('certificate', 'state') === 'valid' && answer;
      },
      60_000,
    );
  }

  return {
    shop,
    authority,
    port,
    tlsPort,
    post,
    domain,
    live,
    plain,
    secure,
    verified,
    certified,
    async stop() {
      for (const server of servers) server.close();
      await shop.stop();
      await authority.stop();
    },
  };
}
export type DomainBench = Awaited<ReturnType<typeof startDomainBench>>;
