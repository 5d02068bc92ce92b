import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const program = fileURLToPath(new URL('../../assets/static-server.mjs', import.meta.url));

describe('the static server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'containr-static-'));
  let port = 0;
  let stop: () => Promise<unknown> = async () => {};

  before(async () => {
    mkdirSync(join(folder, 'site/docs'), { recursive: true });
    writeFileSync(join(folder, 'site/index.html'), 'home');
    writeFileSync(join(folder, 'site/docs/index.html'), 'docs');
    writeFileSync(join(folder, 'site/.env'), 'SECRET=1');
    writeFileSync(join(folder, 'outside'), 'outside');
    symlinkSync('../outside', join(folder, 'site/link'));
    port = 20_000 + (process.pid % 20_000);
    const child = spawn(process.execPath, [program, 'site'], {
      cwd: folder,
      env: { PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    stop = () => {
      child.kill('SIGTERM');
      return ended;
    };
    await new Promise((resolve) => child.stdout.once('data', resolve));
  });
  after(async () => {
    expect(await stop()).to.equal(0);
    rmSync(folder, { recursive: true });
  });

  function ask(
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<{ status: number; text: string; etag: string }> {
    return new Promise((resolve, reject) => {
      request({ port, host: '127.0.0.1', path, method, headers }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += String(chunk)));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, etag: answer.headers.etag ?? '' }));
      })
        .on('error', reject)
        .end();
    });
  }

  it('serves files and index pages', async () => {
    expect(await ask('/')).to.include({ status: 200, text: 'home' });
    expect(await ask('/docs/')).to.include({ status: 200, text: 'docs' });
    expect(await ask('/', {}, 'HEAD')).to.include({ status: 200, text: '' });
  });

  it('answers 304 and ranges', async () => {
    const { etag } = await ask('/');
    expect((await ask('/', { 'if-none-match': etag })).status).to.equal(304);
    expect(await ask('/', { range: 'bytes=1-2' })).to.include({ status: 206, text: 'om' });
    expect((await ask('/', { range: 'bytes=90-' })).status).to.equal(416);
  });

  it('gives away nothing hidden or outside', async () => {
    for (const path of ['/.env', '/link', '/../outside', '/%2e%2e/outside', '/..%2foutside', '/missing', '/%00']) {
      expect((await ask(path)).status, path).to.equal(404);
    }
    expect((await ask('/', {}, 'POST')).status).to.equal(405);
    expect((await ask('/%')).status).to.equal(400);
  });
});
