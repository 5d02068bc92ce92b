import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { caught } from '../test/by-hand.ts';
import { makeFolder } from '../test/agent-process.ts';
import { fetchFile, sendFile } from './file-transfer.ts';

const { signal } = new AbortController();
const content = Buffer.alloc(20 * 1024 * 1024, 'containr ');

describe('a file between agent and control plane', function () {
  this.timeout(30_000);
  let folder: ReturnType<typeof makeFolder>;
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  let asked: string[];

  beforeEach(async () => {
    folder = makeFolder();
    asked = [];
    server = createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.range ?? ''}`.trim());
      void answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
    folder.remove();
  });

  const way = () => ({
    control: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bearer: () => Promise.resolve('ctra_test'),
  });

  it('is sent in pieces, and after a broken line goes on where it was', async () => {
    const received: Buffer[] = [];
    const bytes = (): number => received.reduce((sum, piece) => sum + piece.length, 0);
    let pieces = 0;
    answer = async (request, response) => {
      if (request.method === 'PUT') {
        const piece = await buffer(request);
        pieces += 1;
        // The second one breaks off before it counts.
        if (pieces === 2) return void request.socket.destroy();
        received.push(piece);
      }
      response.end(JSON.stringify({ receivedBytes: bytes(), complete: bytes() === content.length }));
    };
    const file = join(folder.path, 'out');
    await writeFile(file, content);
    await sendFile(way(), '/api/v1/artifacts/x', file, signal);
    expect(Buffer.concat(received).equals(content)).to.equal(true);
    expect(asked.filter((one) => one.startsWith('PUT'))).to.have.length(4);
  });

  it('is fetched on from where it broke off', async () => {
    answer = async (request, response) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(from > 0 ? 206 : 200);
      if (asked.length > 1) return void response.end(content.subarray(from));
      response.write(content.subarray(0, 3_000_000), () => response.destroy());
    };
    const file = join(folder.path, 'in');
    await fetchFile(way(), '/api/v1/artifacts/x', file, signal);
    expect((await readFile(file)).equals(content)).to.equal(true);
    expect(asked[1]).to.match(/bytes=[1-9]\d*-$/);
  });

  it('is not tried again when it is refused for good', async () => {
    answer = async (_, response) => {
      response.writeHead(507, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ code: 'DISK_FULL', status: 507, detail: 'No room.', hint: null }));
    };
    const file = join(folder.path, 'out');
    await writeFile(file, 'x');
    expect(await caught(sendFile(way(), '/api/v1/artifacts/x', file, signal))).to.include({ code: 'DISK_FULL' });
    expect(asked).to.have.length(1);
  });
});
