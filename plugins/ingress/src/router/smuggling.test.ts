import { expect } from 'chai';
import type { Bench } from '../../test/bench.ts';
import { raw, startBench } from '../../test/bench.ts';

const cases: Readonly<Record<string, string>> = {
  'both lengths':
    'POST / HTTP/1.1\r\nhost: app.localhost\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: app.localhost\r\n\r\n',
  'two content lengths': 'POST / HTTP/1.1\r\nhost: app.localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
  'a signed length': 'POST / HTTP/1.1\r\nhost: app.localhost\r\ncontent-length: +1\r\n\r\na',
  'an unknown coding': 'POST / HTTP/1.1\r\nhost: app.localhost\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n',
  'a doubled coding':
    'POST / HTTP/1.1\r\nhost: app.localhost\r\ntransfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n',
  'a coding in HTTP/1.0': 'POST / HTTP/1.0\r\nhost: app.localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'a space before the colon': 'POST / HTTP/1.1\r\nhost: app.localhost\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n',
  'a folded header': 'GET / HTTP/1.1\r\nhost: app.localhost\r\nx: a\r\n b\r\n\r\n',
  'two hosts': 'GET / HTTP/1.1\r\nhost: app.localhost\r\nhost: other.localhost\r\n\r\n',
  'no host': 'GET / HTTP/1.1\r\nx: y\r\n\r\n',
  'a host with a path': 'GET / HTTP/1.1\r\nhost: app.localhost/x\r\n\r\n',
  'a host with a user': 'GET / HTTP/1.1\r\nhost: a@app.localhost\r\n\r\n',
  'a target of another host': 'GET http://other.localhost/ HTTP/1.1\r\nhost: app.localhost\r\n\r\n',
  'a bare line feed in chunks':
    'POST / HTTP/1.1\r\nhost: app.localhost\r\ntransfer-encoding: chunked\r\n\r\n1\na\n0\n\n',
  'a body behind an upgrade':
    'GET / HTTP/1.1\r\nhost: app.localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\ncontent-length: 3\r\n\r\nabc',
  'headers beyond the limit': `GET / HTTP/1.1\r\nhost: app.localhost\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`,
};

describe('router: requests that two servers could read in two ways', () => {
  let bench: Bench;
  const seen: string[] = [];
  beforeEach(async () => {
    seen.length = 0;
    bench = await startBench();
    const { upstream } = await bench.replica((request, response) => {
      request.on('end', () => seen.push(request.url ?? '')).resume();
      response.end('ok');
    });
    await bench.point(upstream);
  });
  afterEach(() => bench.stop());

  for (const [name, text] of Object.entries(cases)) {
    it(`refuses ${name} and closes`, async () => {
      const got = await raw(bench, text);
      expect(got).to.match(/^HTTP\/1\.1 4\d\d /);
      expect(got.match(/HTTP\/1\.1/g)).to.have.length(1);
      expect(got).to.not.include('node:');
      expect(seen).to.deep.equal([]);
    });
  }

  it('does not carry bytes behind an upgrade that the replica refused', async () => {
    const got = await raw(
      bench,
      'GET /a HTTP/1.1\r\nhost: app.localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nGET /hidden HTTP/1.1\r\nhost: app.localhost\r\n\r\n',
    );
    expect(got.match(/HTTP\/1\.1 200/g)).to.have.length(1);
    expect(seen).to.not.include('/hidden');
  });

  it('serves an upgrade to anything else than a WebSocket as a plain request', async () => {
    const got = await raw(
      bench,
      'GET /a HTTP/1.1\r\nhost: app.localhost\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAA\r\n\r\n',
      'ok',
    );
    expect(got).to.match(/^HTTP\/1\.1 200/);
  });
});
