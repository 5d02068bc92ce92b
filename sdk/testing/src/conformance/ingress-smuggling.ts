import { expect } from 'chai';
import { before, beforeEach, it } from 'mocha';
import type { IngressBench } from './ingress-bench.ts';
import { appHost } from './ingress-bench.ts';

const host = `host: ${appHost}\r\n`;
const post = `POST / HTTP/1.1\r\n${host}`;

/** Each is refused by at least one server of the world, and read in two ways by two others. */
const refused: Readonly<Record<string, string>> = {
  'two content lengths': `${post}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
  'a signed length': `${post}content-length: +1\r\n\r\na`,
  'an unknown coding': `${post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'a doubled coding': `${post}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n`,
  'a coding in HTTP/1.0': `POST / HTTP/1.0\r\n${host}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a space before the colon': `${post}transfer-encoding : chunked\r\n\r\n0\r\n\r\n`,
  'two hosts': `GET / HTTP/1.1\r\n${host}host: other.example.org\r\n\r\n`,
  'no host': 'GET / HTTP/1.1\r\nx: y\r\n\r\n',
  'a host with a path': `GET / HTTP/1.1\r\nhost: ${appHost}/x\r\n\r\n`,
  'a host with a user': `GET / HTTP/1.1\r\nhost: a@${appHost}\r\n\r\n`,
  'a target of another host': `GET http://other.example.org/ HTTP/1.1\r\n${host}\r\n`,
  'headers beyond the limit': `GET / HTTP/1.1\r\n${host}x: ${'a'.repeat(40_000)}\r\n\r\n`,
};

/** These may be put right instead: the replica then sees one request that can be read in one way only. */
const putRight: Readonly<Record<string, string>> = {
  'a body behind an upgrade': `GET / HTTP/1.1\r\n${host}connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\ncontent-length: 3\r\n\r\nabc`,
  'both lengths': `${post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n${host}\r\n`,
  'a folded header': `GET / HTTP/1.1\r\n${host}x: a\r\n b\r\n\r\n`,
  'a bare line feed in chunks': `${post}transfer-encoding: chunked\r\n\r\n1\na\n0\n\n`,
};

/** What could be read in two ways is refused, or read in one and said so to the replica. */
export function defineSmuggling(ingress: () => IngressBench): void {
  const seen: { url: string; names: string[]; body: string }[] = [];

  before(async () => {
    const { upstream } = await ingress().replica((request, response) => {
      let body = '';
      request.setEncoding('latin1').on('data', (text: string) => (body += text));
      request.on('end', () => {
        const names = request.rawHeaders.filter((_name, at) => at % 2 === 0).map((name) => name.toLowerCase());
        seen.push({ url: request.url ?? '', names, body });
        response.end('ok');
      });
    });
    await ingress().point(upstream);
  });
  beforeEach(() => {
    seen.length = 0;
  });

  for (const [name, bytes] of Object.entries(refused))
    it(`refuses ${name} and closes`, async () => {
      const { text, isClosed } = await ingress().raw(bytes);
      expect(text).to.match(/^HTTP\/1\.1 4\d\d /);
      expect(text.match(/HTTP\/1\.1/g)).to.have.length(1);
      expect(isClosed).to.equal(true);
      expect(seen).to.deep.equal([]);
    });

  for (const [name, bytes] of Object.entries(putRight))
    it(`refuses ${name}, or puts it right`, async () => {
      const { text } = await ingress().raw(bytes);
      expect(text.match(/HTTP\/1\.1/g)).to.have.length(1);
      expect(text).to.not.match(/^HTTP\/1\.1 101/);
      if (/^HTTP\/1\.1 4\d\d /.test(text)) expect(seen).to.deep.equal([]);
      else {
        expect(seen).to.have.length(1);
        expect(seen[0]?.url).to.equal('/');
        expect(seen[0]?.body).to.be.oneOf(['', 'a', 'abc']);
        expect(
          seen[0]?.names.filter((one) => one === 'content-length' || one === 'transfer-encoding').length,
        ).to.be.at.most(1);
      }
    });

  it('serves an upgrade to anything else than a WebSocket as a plain request', async () => {
    const { text } = await ingress().raw(
      `GET /a HTTP/1.1\r\n${host}connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAA\r\n\r\n`,
      'ok',
    );
    expect(text).to.match(/^HTTP\/1\.1 200/);
    expect(seen[0]?.names).to.not.include.members(['upgrade']);
    expect(seen[0]?.names).to.not.include.members(['http2-settings']);
  });
}
