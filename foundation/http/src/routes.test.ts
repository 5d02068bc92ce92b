import { expect } from 'chai';
import type { PluginContext } from '@containr/sdk';
import { ContainrError, reply } from '@containr/sdk';
import type { Served } from '../test/serve-plugin.ts';
import { servePlugins } from '../test/serve-plugin.ts';

type Http = PluginContext['http'];
type Http = PluginContext['http'];
const Text = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
} as const;

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
