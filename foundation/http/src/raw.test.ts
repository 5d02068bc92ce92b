import { Readable } from 'node:stream';
import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import type { Served } from '../test/serve-plugin.ts';
import { servePlugins } from '../test/serve-plugin.ts';

describe('raw routes', () => {
  let served: Served;
  before(async () => {
    served = await servePlugins();
    await served.add('git', (http) => {
      http.raw({
        methods: ['POST'],
        path: '/git/*',
        root: true,
        public: true,
        summary: 'Sends back what comes',
        accepts: ['application/x-pack'],
        maxBytes: 5_000_000,
        handler: async (request, { params }) =>
          new Response(request.body, { headers: { 'x-path': params['*'] ?? '', 'set-cookie': 'a=1' } }),
      });
      http.raw({
        methods: ['POST'],
        path: '/git/count',
        root: true,
        public: true,
        summary: 'Counts',
        accepts: ['*'],
        maxBytes: 1000,
        handler: async (request) => new Response(String((await request.arrayBuffer()).byteLength)),
      });
      http.raw({
        methods: ['GET'],
        path: '/git/kept',
        root: true,
        public: true,
        summary: 'May be kept',
        accepts: [],
        maxBytes: 0,
        handler: async () => new Response('ok', { headers: { 'Cache-Control': 'public, max-age=60' } }),
      });
      http.raw({
        methods: ['GET'],
        path: '/git/private',
        root: true,
        permission: 'thing:read',
        basicRealm: 'Containr',
        summary: 'Needs a password',
        accepts: [],
        maxBytes: 0,
        handler: async () => new Response('in'),
      });
    });
  });
  after(() => served.close());
  it('give a plain answer as it is, without a web request', async () => {
    const seen: string[] = [];
    await served.add('plain', (http) => {
      http.plain({
        path: '/plain/{name}',
        public: true,
        summary: 'Plain',
        handler: async ({ params }) => {
          seen.push(params['name'] ?? '');
          return { status: 203, headers: { 'content-type': 'text/x-plain' }, body: Readable.from(['a', 'b']) };
        },
      });
    });
    const answer = await fetch(`${served.origin}/api/v1/plain/x`);
    expect([answer.status, answer.headers.get('content-type'), await answer.text(), seen]).to.deep.equal([
      203,
      'text/x-plain',
      'ab',
      ['x'],
    ]);
    expect((await fetch(`${served.origin}/api/v1/plain/x`, { method: 'POST' })).status).to.equal(404);
  });

  const post = (path: string, body: string | Uint8Array<ArrayBuffer>, type: string) =>
    fetch(`${served.origin}${path}`, { method: 'POST', headers: { 'content-type': type }, body });

  it('say themselves whether an answer may be kept', async () => {
    const { headers } = await fetch(`${served.origin}/git/kept`);
    expect(headers.get('cache-control')).to.equal('public, max-age=60');
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
  });

  it('streams bodies both ways', async () => {
    const bytes = new Uint8Array(4_000_000).map((_, index) => index % 251);
    const answer = await post('/git/a/b.git', bytes, 'application/x-pack');
    expect(answer.headers.get('x-path')).to.equal('a/b.git');
    expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(bytes))).to.equal(true);
  });

  it('refuses other media types and more than its limit, told or found out', async () => {
    expect((await post('/git/x', 'x', 'text/plain')).status).to.equal(415);
    expect((await post('/git/count', 'x'.repeat(999), 'text/plain')).status).to.equal(200);
    expect((await post('/git/count', 'x'.repeat(1001), 'text/plain')).status).to.equal(413);
    const chunked = await new Promise<number>((resolve, reject) => {
      const outgoing = httpRequest(
        `${served.origin}/git/count`,
        { method: 'POST', headers: { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' } },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      );
      outgoing.on('error', reject);
      for (let part = 0; part < 20; part += 1) outgoing.write('x'.repeat(100));
      outgoing.end();
    });
    expect(chunked).to.equal(413);
  });

  it('asks for a password where the plugin says so', async () => {
    const answer = await fetch(`${served.origin}/git/private`);
    expect([answer.status, answer.headers.get('www-authenticate')]).to.deep.equal([
      401,
      'Basic realm="Containr", charset="UTF-8"',
    ]);
    expect(
      await (await fetch(`${served.origin}/git/private`, { headers: { authorization: 'Bearer reader' } })).text(),
    ).to.equal('in');
  });
});
