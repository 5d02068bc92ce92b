import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createUiHost } from './host.ts';
import type { UiHost, UiPlugin } from './host.ts';

describe('the views of a plugin that is not trusted', () => {
  let folder: string;
  let views: string;
  let host: UiHost;
  let server: Server;
  let plugin: UiPlugin;
  let base: string;
  const map = '{"imports":{"vue":"/assets/vue-1.js"}}';
  const framed = { segments: ['tides'], permissions: ['tide:read'], events: ['tide.turned'] };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ui-framed-'));
    views = join(folder, 'tides/dist/ui');
    mkdirSync(join(folder, 'shell/assets'), { recursive: true });
    mkdirSync(join(views, 'deep'), { recursive: true });
    writeFileSync(join(folder, 'shell/index.html'), 'the dashboard');
    writeFileSync(join(folder, 'shell/frame.html'), `<script type="importmap">${map}</script>`);
    writeFileSync(join(folder, 'shell/assets/vue-1.js'), 'export {}');
    writeFileSync(join(folder, 'secret.js'), 'secret');
    writeFileSync(join(folder, 'tides/dist/secret.js'), 'secret');
    writeFileSync(join(views, 'index.js'), 'export default 1');
    writeFileSync(join(views, 'deep/part.js'), 'export default 2');
    symlinkSync(join(folder, 'secret.js'), join(views, 'linked.js'));
    symlinkSync(folder, join(views, 'up'));
    symlinkSync(join(folder, 'secret.js'), join(views, 'index.css'));
    writeFileSync(join(views, 'page.html.exe'), 'secret');
    plugin = { name: 'tides', displayName: 'Tides', version: '1.0.0', directory: join(folder, 'tides'), framed };
    host = createUiHost({ shellDirectory: join(folder, 'shell'), plugins: () => [plugin] });
    server = createServer((incoming, outgoing) => void host.serve(incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = host.list().plugins[0]?.framed?.document ?? '';
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
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
    return new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const sent = httpRequest({ port, host: '127.0.0.1', path, headers }, (response) => {
        let body = '';
        response.on('data', (part: Buffer) => (body += part.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  it('are listed as framed, with what a frame may call, know of and hear', () => {
    expect(host.list().plugins).to.deep.equal([
      {
        name: 'tides',
        displayName: 'Tides',
        version: '1.0.0',
        module: `${base}index.js`,
        styles: [],
        framed: { ...framed, document: base },
      },
    ]);
  });

  it('are shown in a document of nobody, with scripts of two folders and no network', async () => {
    const page = await get(base, { host: 'paas.example.org:3000' });
    expect([page.status, page.body]).to.deep.equal([200, `<script type="importmap">${map}</script>`]);
    const policy = String(page.headers['content-security-policy']).split('; ');
    expect(policy).to.include.members([
      'sandbox allow-scripts allow-forms',
      "default-src 'none'",
      "connect-src 'none'",
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'self'",
    ]);
    const scripts = policy.find((part) => part.startsWith('script-src')) ?? '';
    expect(scripts).to.match(/^script-src 'sha256-\S+' paas\.example\.org:3000\/assets\/ paas\.example\.org:3000/);
    expect(scripts.endsWith(`paas.example.org:3000${base}`)).to.equal(true);
    expect(page.headers).to.include({
      'document-isolation-policy': 'isolate-and-credentialless',
      'connection-allowlist': '(response-origin);webrtc=block',
    });
    expect(page.headers).not.to.have.property('set-cookie');
  });

  it('take no policy from the name that a request gives', async () => {
    for (const name of ['x; script-src *', "'unsafe-inline'", '* evil.example', 'a/b', '[::1]:3000']) {
      const { headers } = await get(base, { host: 'localhost', 'x-forwarded-host': name });
      const scripts = /script-src [^;]*/.exec(String(headers['content-security-policy']))?.[0];
      expect(scripts, name).to.match(/^script-src 'sha256-\S+' localhost\/assets\/ localhost\/plugin-frame\/\S+$/);
    }
    expect(String((await get(base, { host: '[::1]:3000' })).headers['content-security-policy'])).to.include(
      "script-src 'sha256-",
    );
  });

  it('give their files to strangers, and to frames of nobody, but never to the dashboard’s own page', async () => {
    const file = await get(`${base}deep/part.js`, { 'sec-fetch-site': 'cross-site' });
    expect([file.status, file.body, file.headers['access-control-allow-origin']]).to.deep.equal([
      200,
      'export default 2',
      '*',
    ]);
    expect(file.headers['content-security-policy']).to.equal("sandbox; default-src 'none'");
    expect((await get(`${base}index.js`, { 'sec-fetch-site': 'same-origin' })).status).to.equal(403);
    expect((await get(base.replace('plugin-frame', 'plugin-ui') + 'index.js')).status).to.equal(404);
    expect((await get('/assets/vue-1.js')).headers['access-control-allow-origin']).to.equal('*');
  });

  it('lead to no other file, however the path is written', async () => {
    for (const path of [
      '../secret.js',
      '../../secret.js',
      '..%2fsecret.js',
      '%2e%2e/secret.js',
      '%2e%2e%2fsecret.js',
      '..%5csecret.js',
      '..\\secret.js',
      '..%c0%af..%c0%afsecret.js',
      '.%00./secret.js',
      'index.js/../../secret.js',
      'deep/../../secret.js',
      '//secret.js',
      '....//secret.js',
      'index.js%00.css',
      'linked.js',
      'up/secret.js',
      'up/tides/dist/secret.js',
      'index.css',
      'page.html.exe',
      'constructor',
      '__proto__',
    ]) {
      const answer = await get(`${base}${path}`, { 'sec-fetch-site': 'cross-site' });
      expect([path, answer.status]).to.deep.equal([path, 404]);
      expect(answer.body, path).not.to.equal('secret');
    }
    expect((await get(base.slice(0, -1))).status).to.equal(404);
    expect((await get('/plugin-frame/tides/')).status).to.equal(404);
    expect((await get('/plugin-frame/other/x/')).status).to.equal(404);
  });

  it('are not there at all when their folder is a link to another one', () => {
    renameSync(views, join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), views);
    expect(host.list().plugins).to.deep.equal([]);
    rmSync(views);
    renameSync(join(folder, 'elsewhere'), views);
  });

  it('hold a bounded part of the memory', async () => {
    writeFileSync(join(views, 'huge.js'), Buffer.alloc(9 * 1_048_576, 32));
    utimesSync(join(views, 'index.js'), 1, 1);
    const again = host.list().plugins[0]?.framed?.document ?? '';
    expect((await get(`${again}huge.js`)).status).to.equal(404);
    expect((await get(`${again}index.js`)).status).to.equal(200);
  });
});
