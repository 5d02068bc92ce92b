import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import type { PluginContext, StreamEvent } from '@containr/sdk';
import { ContainrError, reply } from '@containr/sdk';
import WebSocket from 'ws';
import type { Served } from '../../test/serve-plugin.ts';
import { servePlugins } from '../../test/serve-plugin.ts';

type Http = PluginContext['http'];
const Text = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
} as const;

function register(http: Http, plugin: string, version = 1, slow: Promise<void> = Promise.resolve()): void {
  http.route({
    method: 'GET',
    path: `/${plugin}`,
    public: true,
    summary: 'Answers',
    response: Text,
    handler: async () => ({ text: `${plugin} ${version}` }),
  });
  http.route({
    method: 'GET',
    path: `/${plugin}/slow`,
    public: true,
    summary: 'Answers later',
    response: Text,
    handler: async () => {
      await slow;
      return { text: `slow ${version}` };
    },
  });
}

/** Asks until told to stop; counts what was not a good answer. */
async function load(url: string, signal: AbortSignal): Promise<{ asked: number; failed: string[] }> {
  const failed: string[] = [];
  let asked = 0;
  while (!signal.aborted) {
    asked += 1;
    const outcome = await fetch(url).then(
      async (answer) => `${answer.status} ${await answer.text()}`,
      (error: unknown) => `error ${String(error)}`,
    );
    if (!outcome.startsWith('200 ')) failed.push(outcome);
  }
  return { asked, failed };
}

describe('gateway', () => {
  let served: Served;
  let url: (path: string) => string;
  beforeEach(async () => {
    served = await servePlugins();
    url = (path) => `${served.origin}/api/v1${path}`;
  });
  afterEach(() => served.close());

  it('leads by the first segment, and answers for what is off, unknown, or a page', async () => {
    await served.add('things', (http) => register(http, 'things'));
    expect(await (await fetch(url('/things?x=1'))).json()).to.deep.equal({ text: 'things 1' });
    const off = await fetch(url('/off/1'));
    expect([off.status, off.headers.get('content-type'), await off.json()]).to.deep.include.members([
      503,
      'application/problem+json; charset=utf-8',
    ]);
    expect((await fetch(url('/thingsx'))).status).to.equal(404);
    expect(await (await fetch(url('/things/nowhere'))).json()).to.include({ code: 'NOT_FOUND', status: 404 });
    expect(await (await fetch(`${served.origin}/anything`)).text()).to.equal('<page>');
    expect((await fetch(url('/things'), { method: 'HEAD' })).status).to.equal(200);
  });

  it('carries request ids, and refuses to keep answers', async () => {
    await served.add('things', (http) => register(http, 'things'));
    const given = await fetch(url('/things'), { headers: { 'x-request-id': 'abcdefgh-1' } });
    expect(given.headers.get('x-request-id')).to.equal('abcdefgh-1');
    expect(given.headers.get('cache-control')).to.equal('no-store');
    const odd = await fetch(url('/things'), { headers: { 'x-request-id': 'a b' } });
    expect(odd.headers.get('x-request-id')).to.match(/^[\w-]{12}-\w+$/);
  });

  it('switches a plugin on and off under load without a failed request of another', async () => {
    await served.add('steady', (http) => register(http, 'steady'));
    const stop = new AbortController();
    const loads = Array.from({ length: 4 }, () => load(url('/steady'), stop.signal));
    for (let round = 0; round < 40; round += 1) {
      const mount = await served.add('toggled', (http) => register(http, 'toggled'));
      expect((await fetch(url('/toggled'))).status).to.equal(200);
      served.gateway.leave(mount);
      await mount.drain(1000);
      expect((await fetch(url('/toggled'))).status).to.equal(404);
    }
    stop.abort();
    const results = await Promise.all(loads);
    expect(results.flatMap((result) => result.failed)).to.deep.equal([]);
    expect(results.every((result) => result.asked > 10)).to.equal(true);
  });

  it('replaces under load without a failed request: the old finishes what it began', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const old = await served.add('things', (http) => register(http, 'things', 1, promise));
    const stop = new AbortController();
    const slow = fetch(url('/things/slow'));
    while (old.inFlight < 1) await new Promise((next) => setImmediate(next));
    const loading = load(url('/things'), stop.signal);
    const next = await served.build('things', (http) => register(http, 'things', 2));
    served.gateway.enter(next);
    const drained = old.drain(5000);
    expect(await (await fetch(url('/things'))).json()).to.deep.equal({ text: 'things 2' });
    resolve();
    expect(await (await slow).json()).to.deep.equal({ text: 'slow 1' });
    await drained;
    stop.abort();
    expect((await loading).failed).to.deep.equal([]);
  });

  it('aborts at the deadline what does not end by itself', async () => {
    let reason: unknown;
    const mount = await served.add('things', (http) =>
      http.route({
        method: 'GET',
        path: '/things',
        public: true,
        summary: 'Never answers by itself',
        response: Text,
        handler: ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              reason = signal.reason;
              reject(signal.reason as Error);
            });
          }),
      }),
    );
    const answer = fetch(url('/things'));
    while (mount.inFlight < 1) await new Promise((next) => setImmediate(next));
    served.gateway.leave(mount);
    await mount.drain(30);
    expect(await (await answer).json()).to.include({ code: 'SCOPE_CLOSED', status: 503 });
    expect(reason).to.include({ code: 'SCOPE_CLOSED' });
  });

  it('tells a handler that its client has left', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const mount = await served.add('things', (http) =>
      http.route({
        method: 'GET',
        path: '/things',
        public: true,
        summary: 'Waits for its client to leave',
        response: Text,
        handler: async ({ signal }) => {
          await new Promise((left) => signal.addEventListener('abort', left));
          resolve(signal.reason);
          return { text: '' };
        },
      }),
    );
    const client = new AbortController();
    const answer = fetch(url('/things'), { signal: client.signal }).catch(() => undefined);
    while (mount.inFlight < 1) await new Promise((next) => setImmediate(next));
    client.abort();
    expect(await promise).to.include({ code: 'CLIENT_LEFT' });
    await answer;
  });
});

describe('routes', () => {
  let served: Served;
  let url: (path: string) => string;
  const bearer = (name: string) => ({ authorization: `Bearer ${name}` });
  before(async () => {
    served = await servePlugins();
    url = (path) => `${served.origin}/api/v1${path}`;
    await served.add('things', (http) => {
      http.route({
        method: 'GET',
        path: '/things',
        permission: 'thing:read',
        summary: 'Reads',
        response: Text,
        handler: async ({ principal }) => ({ text: principal.name }),
      });
      http.route({
        method: 'POST',
        path: '/things/{id}',
        permission: 'thing:read',
        summary: 'Says what came in',
        params: {
          type: 'object',
          properties: { id: { type: 'integer' } },
          required: ['id'],
          additionalProperties: false,
        },
        query: {
          type: 'object',
          properties: { limit: { type: 'integer', minimum: 1, default: 50 } },
          additionalProperties: false,
        },
        body: Text,
        response: { type: 'object', properties: { seen: {} }, required: ['seen'], additionalProperties: false },
        handler: async ({ params, query, body }) =>
          reply({
            status: 201,
            headers: { location: '/x' },
            cookies: [{ name: 'session', value: 'a b', maxAgeSeconds: 60 }],
            body: { seen: { params, query, body } },
          }),
      });
      http.route({
        method: 'DELETE',
        path: '/things',
        permission: 'thing:read',
        summary: 'Ends nothing',
        response: {},
        handler: async () => undefined,
      });
      http.route({
        method: 'GET',
        path: '/things/broken',
        public: true,
        summary: 'Breaks',
        response: Text,
        handler: () => Promise.reject<never>(new Error('secret detail')),
      });
      http.route({
        method: 'GET',
        path: '/things/busy',
        public: true,
        summary: 'Is busy',
        response: Text,
        handler: () =>
          Promise.reject<never>(
            new ContainrError({ code: 'BUSY', status: 429, detail: 'Too many.', hint: 'Wait.', retryAfterSeconds: 7 }),
          ),
      });
      http.route({
        method: 'GET',
        path: '/things/lies',
        public: true,
        summary: 'Breaks its own schema',
        response: Text,
        handler: async () => JSON.parse('{}'),
      });
    });
  });
  after(() => served.close());

  it('refuses who proves nothing, who proves it wrongly, and who lacks the permission', async () => {
    expect(await (await fetch(url('/things'))).json()).to.include({ code: 'UNAUTHENTICATED', status: 401 });
    expect((await fetch(url('/things'), { headers: bearer('wrong') })).status).to.equal(401);
    const forbidden = await fetch(url('/things'), { headers: bearer('nobody') });
    expect(forbidden.status).to.equal(403);
    expect(await forbidden.text()).to.include('thing:read');
    expect(await (await fetch(url('/things'), { headers: bearer('reader') })).json()).to.deep.equal({ text: 'reader' });
  });

  it('gives handlers checked and converted parts, and sends status, headers and cookies', async () => {
    const answer = await fetch(url('/things/7'), {
      method: 'POST',
      headers: { ...bearer('reader'), 'content-type': 'application/json' },
      body: '{"text":"x"}',
    });
    expect(answer.status).to.equal(201);
    expect(await answer.json()).to.deep.equal({
      seen: { params: { id: 7 }, query: { limit: 50 }, body: { text: 'x' } },
    });
    expect(answer.headers.get('location')).to.equal('/x');
    expect(answer.headers.get('set-cookie')).to.equal('session=a%20b; Max-Age=60; Path=/; HttpOnly; SameSite=Lax');
  });

  it('answers 422 with every wrong field', async () => {
    const ask = (path: string, body: string) =>
      fetch(url(path), { method: 'POST', headers: { ...bearer('reader'), 'content-type': 'application/json' }, body });
    const wrong = await (await ask('/things/7', '{"text":1,"more":true}')).json();
    expect(wrong).to.include({ code: 'INVALID', status: 422 });
    expect(wrong).to.have.deep.property('errors', [
      { path: '/more', message: 'is not a known field' },
      { path: '/text', message: 'must be string' },
    ]);
    expect(await (await ask('/things/x', '{"text":""}')).json()).to.have.nested.property('errors[0].path', '/id');
    expect(await (await ask('/things/7?limit=0', '{"text":""}')).json()).to.have.nested.property(
      'errors[0].path',
      '/limit',
    );
    expect(await (await ask('/things/7', '')).json()).to.have.nested.property(
      'errors[0].message',
      `must have required property 'text'`,
    );
    expect(await (await ask('/things/7', '{')).json()).to.include({ code: 'INVALID_JSON', status: 400 });
    const media = await fetch(url('/things/7'), {
      method: 'POST',
      headers: { ...bearer('reader'), 'content-type': 'text/plain' },
      body: 'x',
    });
    expect(await media.json()).to.include({ code: 'MEDIA_TYPE', status: 415 });
    const large = await ask('/things/7', JSON.stringify({ text: 'x'.repeat(1_100_000) }));
    expect(await large.json()).to.include({ code: 'TOO_LARGE', status: 413 });
  });

  it('answers 204 for nothing, 429 with Retry-After, and hides what broke inside', async () => {
    expect((await fetch(url('/things'), { method: 'DELETE', headers: bearer('reader') })).status).to.equal(204);
    const busy = await fetch(url('/things/busy'));
    expect([busy.status, busy.headers.get('retry-after')]).to.deep.equal([429, '7']);
    const broken = await fetch(url('/things/broken'));
    expect(await broken.text())
      .to.include('INTERNAL')
      .and.not.include('secret detail');
    expect(await (await fetch(url('/things/lies'))).json()).to.include({ code: 'INTERNAL', status: 500 });
  });

  it('takes a change with a browser’s session only from our own pages', async () => {
    const ask = (headers: Record<string, string>) =>
      fetch(url('/things'), { method: 'DELETE', headers: { cookie: 'session=ann', ...headers } });
    expect((await ask({ origin: served.origin })).status).to.equal(204);
    expect(await (await ask({ origin: 'http://evil.example' })).json()).to.include({ code: 'CROSS_SITE', status: 403 });
    expect((await ask({})).status).to.equal(403);
    expect((await ask({ 'sec-fetch-site': 'cross-site', origin: served.origin })).status).to.equal(403);
    expect(
      (await fetch(url('/things'), { headers: { cookie: 'session=ann', 'sec-fetch-site': 'cross-site' } })).status,
    ).to.equal(200);
  });

  it('registers nothing without a permission that exists, or outside its segments', async () => {
    const base = {
      method: 'GET',
      path: '/bad',
      summary: 'Bad',
      response: Text,
      handler: async () => ({ text: '' }),
    } as const;
    const code = (route: (http: Http) => void) =>
      served.build('bad', route).then(
        () => 'built',
        (error: unknown) => (error instanceof ContainrError ? error.code : String(error)),
      );
    expect(await code((http) => http.route(JSON.parse(JSON.stringify(base))))).to.equal('ROUTE_PERMISSION_MISSING');
    expect(await code((http) => http.route({ ...base, permission: 'no:such' }))).to.equal('PERMISSION_UNKNOWN');
    expect(await code((http) => http.route({ ...base, public: true, path: '/things' }))).to.equal(
      'SEGMENT_NOT_CLAIMED',
    );
    expect(await code((http) => http.route({ ...base, public: true }))).to.equal('built');
  });
});

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
  const post = (path: string, body: string | Uint8Array<ArrayBuffer>, type: string) =>
    fetch(`${served.origin}${path}`, { method: 'POST', headers: { 'content-type': type }, body });

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

describe('event streams and sockets', () => {
  let served: Served;
  let url: (path: string) => string;
  let ended: Promise<void>;
  let end: () => void;
  beforeEach(async () => {
    served = await servePlugins();
    url = (path) => `${served.origin}/api/v1${path}`;
    ({ promise: ended, resolve: end } = Promise.withResolvers<void>());
  });
  afterEach(() => served.close());

  async function* counting(signal: AbortSignal): AsyncGenerator<StreamEvent> {
    yield { id: '1', event: 'count', data: { at: 1 } };
    yield { id: '2', data: 'two\nlines' };
    await new Promise((left) => signal.addEventListener('abort', left));
    end();
  }

  const addStream = () =>
    served.add('things', (http) => {
      http.events({ path: '/things', public: true, summary: 'Counts', open: ({ signal }) => counting(signal) });
      http.events({
        path: '/things/refused',
        public: true,
        summary: 'Refuses',
        open: async function* () {
          throw new ContainrError({ code: 'NOT_FOUND', status: 404, detail: 'Nothing here.' });
        },
      });
    });

  async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, text: string): Promise<string> {
    let seen = '';
    while (!seen.includes(text)) {
      const { value, done } = await reader.read();
      if (done) return seen;
      seen += Buffer.from(value).toString('utf8');
    }
    return seen;
  }

  it('sends events as they come, and tells the source when the client leaves', async () => {
    await addStream();
    const client = new AbortController();
    const answer = await fetch(url('/things'), { signal: client.signal });
    expect(answer.headers.get('content-type')).to.equal('text/event-stream; charset=utf-8');
    const reader = (answer.body ?? new ReadableStream<Uint8Array>()).getReader();
    expect(await readUntil(reader, 'lines')).to.include(
      'id: 1\nevent: count\ndata: {"at":1}\n\nid: 2\ndata: "two\\nlines"\n\n',
    );
    client.abort();
    await ended;
  });

  it('turns a refusal before the first event into a problem', async () => {
    await addStream();
    const answer = await fetch(url('/things/refused'));
    expect([answer.status, answer.headers.get('content-type')]).to.deep.equal([
      404,
      'application/problem+json; charset=utf-8',
    ]);
  });

  it('says where to resume, and ends, when the plugin goes', async () => {
    const mount = await addStream();
    const answer = await fetch(url('/things'));
    const reader = (answer.body ?? new ReadableStream<Uint8Array>()).getReader();
    await readUntil(reader, 'lines');
    served.gateway.leave(mount);
    const drained = mount.drain(5000);
    expect(await readUntil(reader, 'never sent')).to.include('event: resume\ndata: {"lastEventId":"2"}\n\n');
    await drained;
    await ended;
  });

  it('opens sockets for who may, from our own pages, and closes them with a reason', async () => {
    const mount = await served.add('things', (http) =>
      http.socket({
        path: '/things',
        permission: 'thing:read',
        summary: 'Says it again',
        query: {
          type: 'object',
          properties: { prefix: { type: 'string', default: '>' } },
          additionalProperties: false,
        },
        open: async (socket, { query }) => {
          for await (const message of socket.messages) socket.send(`${query.prefix}${String(message)}`);
        },
      }),
    );
    const address = url('/things').replace('http', 'ws');
    const refused = (headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const socket = new WebSocket(address, { headers });
        socket.once('unexpected-response', (_request, answer) => resolve(answer.statusCode ?? 0));
        socket.once('open', () => reject(new Error('it opened')));
        socket.once('error', () => undefined);
      });
    expect(await refused({})).to.equal(401);
    expect(await refused({ authorization: 'Bearer nobody' })).to.equal(403);
    expect(await refused({ cookie: 'session=ann', origin: 'http://evil.example' })).to.equal(403);
    const socket = new WebSocket(`${address}?prefix=!`, { headers: { cookie: 'session=ann', origin: served.origin } });
    await new Promise((opened) => socket.once('open', opened));
    socket.send('hello');
    expect(await new Promise((got) => socket.once('message', (data: Buffer) => got(data.toString('utf8'))))).to.equal(
      '!hello',
    );
    const closed = new Promise<[number, string]>((resolve) =>
      socket.once('close', (code, reason) => resolve([code, reason.toString()])),
    );
    served.gateway.leave(mount);
    await mount.drain(5000);
    expect(await closed).to.deep.equal([1001, 'The plugin is going away: connect again']);
  });
});
