import { expect } from 'chai';
import type { PluginContext } from '@containr/sdk';
import type { Served } from '../test/serve-plugin.ts';
import { servePlugins } from '../test/serve-plugin.ts';

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
    expect(odd.headers.get('x-content-type-options')).to.equal('nosniff');
    const refused = await fetch(url('/things/nowhere'), { headers: { 'x-request-id': 'abcdefgh-2' } });
    expect(Object.fromEntries(refused.headers)).to.include({
      'x-request-id': 'abcdefgh-2',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
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
