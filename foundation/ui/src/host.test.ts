import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { UiHost, UiPlugin } from './host.ts';
import { createUiHost } from './host.ts';

describe('UI host', () => {
  let folder: string;
  let host: UiHost;
  let server: Server;
  let plugins: UiPlugin[];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ui-host-'));
    mkdirSync(join(folder, 'shell/assets'), { recursive: true });
    mkdirSync(join(folder, 'git/dist/ui'), { recursive: true });
    writeFileSync(join(folder, 'shell/index.html'), '<script nonce="__NONCE__">1</script>');
    writeFileSync(join(folder, 'shell/assets/main-1.js'), 'export {}');
    writeFileSync(join(folder, 'shell/assets/main-1.js.gz'), gzipSync('export {}'));
    writeFileSync(join(folder, 'secret.js'), 'secret');
    writeFileSync(join(folder, 'git/dist/ui/index.js'), 'export default 1');
    writeFileSync(join(folder, 'git/dist/secret.js'), 'secret');
    plugins = [{ name: 'git', displayName: 'Git', version: '0.1.0', directory: join(folder, 'git'), framed: null }];
    host = createUiHost({ shellDirectory: join(folder, 'shell'), plugins: () => plugins });
    server = createServer((incoming, outgoing) => void host.serve(incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  /** Sends the path as it is, without the cleaning that `fetch` does. */
  function get(
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest(
        { port: (server.address() as AddressInfo).port, host: '127.0.0.1', path, method, headers },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
          );
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  }

  it('gives every answer of the page a nonce of its own, in policy and document', async () => {
    const [first, second] = [await get('/'), await get('/projects/1?tab=logs')];
    const nonce = /nonce="([^"]+)"/.exec(first.body.toString())?.[1] ?? '';
    expect(nonce).to.have.lengthOf(24);
    expect(first.headers['content-security-policy'])
      .to.include(`script-src 'self' 'nonce-${nonce}'`)
      .and.include("frame-ancestors 'none'");
    expect(second.body.toString()).not.to.include(nonce);
    expect(first.headers['cache-control']).to.equal('no-store');
  });

  it('serves hashed files for ever, compressed where accepted, and answers 304', async () => {
    const plain = await get('/assets/main-1.js');
    expect(plain.body.toString()).to.equal('export {}');
    expect(plain.headers['cache-control']).to.include('immutable');
    const zipped = await get('/assets/main-1.js', { 'accept-encoding': 'br, gzip' });
    expect(zipped.headers['content-encoding']).to.equal('gzip');
    expect((await get('/assets/main-1.js', { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding']).to.equal(
      undefined,
    );
    expect((await get('/assets/main-1.js', { 'if-none-match': String(plain.headers.etag) })).status).to.equal(304);
    expect((await get('/assets/gone.js')).status).to.equal(404);
  });

  it('serves nothing outside its folders, however the path is written', async () => {
    const base = host.list().plugins[0]?.module.replace('/index.js', '') ?? '';
    for (const path of [
      '/../secret.js',
      '/assets/../../secret.js',
      '/%2e%2e/secret.js',
      '/assets/%2e%2e%2f%2e%2e%2fsecret.js',
      `${base}/../secret.js`,
      `${base}/%2e%2e/secret.js`,
      '/..\\secret.js',
    ]) {
      expect((await get(path)).body.toString(), path).not.to.equal('secret');
    }
  });

  it('lists a plugin by the hash of its bundle, follows a new build, and forgets it when it is off', async () => {
    const before = host.list().plugins[0]?.module ?? '';
    expect((await get(before)).body.toString()).to.equal('export default 1');
    writeFileSync(join(folder, 'git/dist/ui/index.js'), 'export default 2');
    utimesSync(join(folder, 'git/dist/ui/index.js'), 1, 1);
    const after = host.list().plugins[0]?.module ?? '';
    expect(after).not.to.equal(before);
    expect((await get(before)).status).to.equal(404);
    expect((await get(after)).body.toString()).to.equal('export default 2');
    plugins = [];
    expect((await get(after)).status).to.equal(404);
    expect(host.list().plugins).to.deep.equal([]);
  });

  it('says what to do when the dashboard is not built', async () => {
    const empty = createUiHost({ shellDirectory: join(folder, 'none'), plugins: () => [] });
    const other = createServer((incoming, outgoing) => void empty.serve(incoming, outgoing));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const answer = await fetch(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    expect(answer.status).to.equal(503);
    expect(await answer.text()).to.include('npm run build');
    other.close();
  });

  it('refuses to write', async () => {
    expect((await get('/', {}, 'POST')).status).to.equal(405);
  });
});
