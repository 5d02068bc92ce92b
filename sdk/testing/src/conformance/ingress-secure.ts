import { once } from 'node:events';
import { connect as tlsConnect } from 'node:tls';
import type { HostCertificate } from '@containr/sdk/contracts';
import { hashPassword } from '@containr/sdk/ingress';
import { expect } from 'chai';
import { before, it } from 'mocha';
import { generate } from 'selfsigned';
import type { IngressBench } from './ingress-bench.ts';
import { appHost, routeTo, says } from './ingress-bench.ts';

const other = 'blog.example.org';

async function certificateOf(host: string): Promise<HostCertificate> {
  const made = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + 30 * 86_400_000),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: host }] }],
  });
  return { host, chain: made.cert, key: made.private };
}

/** HTTPS, and what a route says besides where to go. */
export function defineSecure(ingress: () => IngressBench): void {
  let certificates: readonly HostCertificate[];

  before(async () => {
    certificates = await Promise.all([appHost, other, '*.example.net'].map(certificateOf));
    await ingress().certify(certificates);
  });

  /** Certificate that a new connection to a host is answered with; `null`: there is none. */
  async function presented(servername: string): Promise<string | null> {
    const socket = tlsConnect({
      host: '127.0.0.1',
      port: ingress().subject.tlsPort,
      servername,
      rejectUnauthorized: false,
    });
    try {
      await once(socket, 'secureConnect');
      return `-----BEGIN CERTIFICATE-----\n${socket.getPeerCertificate().raw.toString('base64')}`;
    } catch {
      return null;
    } finally {
      socket.destroy();
    }
  }
  const plain = (pem: string | undefined): string => (pem ?? '').replace(/-----[^-]*-----|\s/g, '');
  const chainOf = (host: string): string => plain(certificates.find((one) => one.host === host)?.chain);

  it('answers each host with its own certificate, and says that it came by HTTPS', async () => {
    const { upstream } = await ingress().replica((request, response) =>
      response.end(`${request.headers.host} ${String(request.headers['x-forwarded-proto'])}`),
    );
    await ingress().apply([routeTo(appHost, [upstream]), routeTo('*.example.net', [upstream])]);
    expect((await ingress().ask('/', { isSecure: true })).body).to.equal(`${appHost} https`);
    expect((await ingress().ask('/', { isSecure: true, host: 'any.example.net' })).body).to.equal(
      'any.example.net https',
    );
    expect(plain((await presented(appHost)) ?? '')).to.equal(chainOf(appHost));
    expect(plain((await presented('any.example.net')) ?? '')).to.equal(chainOf('*.example.net'));
  });

  it('makes no connection for a host without a certificate', async () => {
    await ingress().apply([routeTo('bare.example.com', [])]);
    expect(await presented('bare.example.com')).to.equal(null);
  });

  it('refuses a request for another host than the connection was secured for', async () => {
    const upstream = await ingress().named('yes');
    await ingress().apply([
      routeTo(appHost, [upstream]),
      routeTo(other, [upstream]),
      routeTo('*.example.net', [upstream]),
    ]);
    const got = await ingress().ask('/', { isSecure: true, host: other, servername: appHost });
    expect([got.status, got.body.includes('MISDIRECTED')]).to.deep.equal([421, true]);
    // Two names of one wildcard share its certificate, and so a connection.
    const shared = { isSecure: true, host: 'a.example.net', servername: 'b.example.net' };
    expect((await ingress().ask('/', shared)).status).to.equal(200);
  });

  it('sends plain requests to HTTPS where the route says so, and proofs are had before that', async () => {
    const upstream = await ingress().named('yes');
    const { tlsPort } = ingress().subject;
    await ingress().apply([routeTo(appHost, [upstream], { secure: true })], {
      challenges: [{ host: appHost, path: '/.well-known/acme-challenge/abc', body: 'abc.def "quoted" %[x]' }],
    });
    const moved = await ingress().ask('/a?b=1', { method: 'POST', body: 'x' });
    expect([moved.status, moved.headers.location]).to.deep.equal([308, `https://${appHost}:${tlsPort}/a?b=1`]);
    const proof = await ingress().ask('/.well-known/acme-challenge/abc');
    expect([proof.status, proof.body, proof.headers['content-type']]).to.deep.equal([
      200,
      'abc.def "quoted" %[x]',
      'text/plain; charset=utf-8',
    ]);
    expect((await ingress().ask('/.well-known/acme-challenge/abd')).status).to.equal(308);
    expect((await ingress().ask('/', { isSecure: true })).body).to.equal('yes');
  });

  it('sends visitors to another address, path and query kept', async () => {
    await ingress().apply([routeTo(appHost, [], { redirect: 'https://www.example.org/new/' })]);
    const moved = await ingress().ask('/a/b?c=1', { isSecure: true });
    expect([moved.status, moved.headers.location]).to.deep.equal([308, 'https://www.example.org/new/a/b?c=1']);
  });

  it("sets headers in place of the service's own", async () => {
    const { upstream } = await ingress().replica((_request, response) => {
      response.setHeader('X-Frame-Options', ['ALLOWALL']);
      response.setHeader('x-own', 'kept');
      response.end('yes');
    });
    const headers = [
      { name: 'X-Frame-Options', value: 'DENY' },
      { name: 'Content-Security-Policy', value: `default-src 'self'; script-src "x" %[y]` },
    ];
    await ingress().apply([routeTo(appHost, [upstream], { headers })]);
    const got = await ingress().ask('/');
    expect(got.headers).to.include({
      'x-frame-options': 'DENY',
      'x-own': 'kept',
      'content-security-policy': `default-src 'self'; script-src "x" %[y]`,
    });
    await ingress().apply([routeTo(appHost, [upstream])]);
    expect((await ingress().ask('/')).headers).to.include({ 'x-frame-options': 'ALLOWALL' });
  });

  it('lets only those pass who have a name and password', async () => {
    let asked = 0;
    const { upstream } = await ingress().replica((_request, response) => {
      asked++;
      response.end('yes');
    });
    const hash = await hashPassword('correct horse', Buffer.alloc(16, 7));
    await ingress().apply([routeTo(appHost, [upstream], { users: [{ name: 'ada', hash }] })]);
    const basic = (text: string): Record<string, string> => ({
      authorization: `Basic ${Buffer.from(text).toString('base64')}`,
    });
    const none = await ingress().ask('/');
    expect(none.status).to.equal(401);
    expect(none.headers['www-authenticate']).to.equal(`Basic realm="${appHost}", charset="UTF-8"`);
    for (const wrong of ['ada:wrong', 'ada', 'eve:correct horse', ':', 'ada:correct horse ', ''])
      expect((await ingress().ask('/', { headers: basic(wrong) })).status, wrong).to.equal(401);
    expect(asked).to.equal(0);
    for (let turn = 0; turn < 3; turn++)
      expect((await ingress().ask('/', { headers: basic('ada:correct horse') })).status).to.equal(200);
    const failure: unknown = await ingress()
      .socket()
      .catch((error: unknown) => error);
    expect(String(failure), 'a socket is guarded by the same check').to.include('401');
    const changed = await hashPassword('battery staple', Buffer.alloc(16, 8));
    await ingress().apply([routeTo(appHost, [upstream], { users: [{ name: 'ada', hash: changed }] })]);
    expect((await ingress().ask('/', { headers: basic('ada:correct horse') })).status).to.equal(401);
    expect((await ingress().ask('/', { headers: basic('ada:battery staple') })).status).to.equal(200);
  });

  it('fails no request and closes no WebSocket while certificates and tables are switched', async function () {
    this.timeout(60_000);
    const upstream = await ingress().named('yes');
    await ingress().apply([routeTo(appHost, [upstream])]);
    const socket = await ingress().socket(appHost, true);
    const young = await certificateOf(appHost);
    const failures: unknown[] = [];
    let [running, answers] = [true, 0];
    const client = async (isAlone: boolean): Promise<void> => {
      while (running)
        await ingress()
          .ask('/', { isSecure: true, isAlone })
          .then(
            (got) => (got.status === 200 ? answers++ : failures.push(got.status)),
            (error: unknown) => failures.push(String(error)),
          );
    };
    const clients = [client(true), client(true), client(false), client(false)];
    for (let turn = 2; turn < 40; turn++) {
      const isYoung = turn % 2 === 0;
      await ingress().certify(isYoung ? certificates.map((one) => (one.host === appHost ? young : one)) : certificates);
      await ingress().apply([routeTo(appHost, [upstream])]);
      expect(plain((await presented(appHost)) ?? '')).to.equal(isYoung ? plain(young.chain) : chainOf(appHost));
    }
    running = false;
    await Promise.all(clients);
    expect(failures).to.deep.equal([]);
    expect(answers).to.be.greaterThan(50);
    expect(await says(socket)).to.equal('yes');
    socket.terminate();
  });

  it('gives up a certificate that is not in the set any more', async () => {
    await ingress().certify(certificates.filter(({ host }) => host !== other));
    expect(await presented(other)).to.equal(null);
    await ingress().certify(certificates);
    expect(plain((await presented(other)) ?? '')).to.equal(chainOf(other));
  });

  it('serves HTTPS from what it kept when it starts again', async function () {
    this.timeout(60_000);
    await ingress().apply([routeTo(appHost, [await ingress().named('yes')])]);
    await ingress().subject.restart();
    expect((await ingress().ask('/', { isSecure: true, isAlone: true })).body).to.equal('yes');
    expect(plain((await presented(appHost)) ?? '')).to.equal(chainOf(appHost));
  });

  it('refuses older certificates', async () => {
    await ingress().certify(certificates);
    const refused: unknown = await ingress()
      .subject.certify({ revision: 1, certificates: [] })
      .catch((error: unknown) => error);
    expect(refused).to.include({ code: 'STALE' });
  });
}
