import { expect } from 'chai';
import type { StreamEvent } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import WebSocket from 'ws';
import type { Served } from '../test/serve-plugin.ts';
import { issue, servePlugins } from '../test/serve-plugin.ts';

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

  it('ends what is open soon after its proof was taken back, or covers less', async () => {
    const takeBack = issue('short', ['thing:read']);
    const lessen = issue('less', ['thing:read']);
    const address = `${served.origin.replace('http', 'ws')}/api/v1/kept/socket`;
    await served.add('kept', (http) =>
      http.socket({
        path: '/kept/socket',
        permission: 'thing:read',
        summary: 'Stays open',
        open: async (socket) => {
          for await (const heard of socket.messages) void heard;
        },
      }),
    );
    const open = async (name: string) => {
      const socket = new WebSocket(address, { headers: { authorization: `Bearer ${name}` } });
      await new Promise((opened) => socket.once('open', opened));
      return {
        socket,
        closed: new Promise((resolve) => socket.once('close', (code, why) => resolve([code, String(why)]))),
      };
    };
    const [short, less, kept] = [await open('short'), await open('less'), await open('reader')];
    takeBack();
    lessen();
    issue('less', []);
    expect(await Promise.all([short.closed, less.closed])).to.deep.equal([
      [4000, 'UNAUTHENTICATED'],
      [4000, 'UNAUTHENTICATED'],
    ]);
    expect(kept.socket.readyState).to.equal(WebSocket.OPEN);
    kept.socket.close();
    await kept.closed;
  });

  it('closes a socket whose peer does not read, and keeps no more for it', async () => {
    const message = Buffer.alloc(262_144);
    const count = 400;
    await served.add('things', (http) =>
      http.socket({
        path: '/things',
        public: true,
        summary: 'Talks and talks',
        open: async (socket) => {
          for (let sent = 0; sent < count; sent += 1) socket.send(message);
          for await (const heard of socket.messages) void heard;
        },
      }),
    );
    const socket = new WebSocket(url('/things').replace('http', 'ws'));
    await new Promise((opened) => socket.once('open', opened));
    let got = 0;
    socket.on('message', () => (got += 1));
    const [code, reason] = await new Promise<[number, string]>((resolve) =>
      socket.once('close', (status, why) => resolve([status, why.toString()])),
    );
    expect([code, reason]).to.deep.equal([4000, 'SOCKET_NOT_READ']);
    expect(got).to.be.greaterThan(16).and.lessThan(count);
  });
});

describe('the record of sockets', () => {
  it('has each opening of one that may change something, and each refusal', async () => {
    const rows: string[] = [];
    const served = await servePlugins({
      onAnswered: async ({ method, path, status, principal }) => {
        rows.push(`${method} ${path} ${status} ${principal.id}`);
      },
    });
    try {
      const open = async (): Promise<void> => undefined;
      await served.add('things', (http) => {
        http.socket({ path: '/things/shell', permission: 'thing:read', summary: 'A terminal', open });
        http.socket({ path: '/things/lines', public: true, summary: 'Lines', readOnly: true, open });
      });
      const connect = (path: string, headers: Record<string, string> = {}) =>
        new Promise<number>((resolve) => {
          const socket = new WebSocket(`${served.origin.replace('http', 'ws')}/api/v1/things/${path}`, { headers });
          socket.once('unexpected-response', (_request, answer) => resolve(answer.statusCode ?? 0));
          socket.once('close', (code) => resolve(code));
          socket.once('error', () => undefined);
        });
      expect(await connect('shell')).to.equal(401);
      expect(await connect('shell', { cookie: 'session=ann', origin: served.origin })).to.equal(1000);
      expect(await connect('lines')).to.equal(1000);
      expect(rows).to.have.length(2);
      expect(rows[0]).to.equal('OPEN /things/shell 401 anonymous');
      expect(rows[1]).to.match(/^OPEN \/things\/shell 101 (?!anonymous)/);
    } finally {
      await served.close();
    }
  });
});
