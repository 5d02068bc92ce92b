import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform, until } from '@containr/testing';
import { createPlugin } from 'create-containr-plugin';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

describe('containr plugin dev', function () {
  this.timeout(120_000);
  let test: TestPlatform;
  let work = '';
  let folder = '';
  let child: ChildProcess;
  let said = '';

  before(async () => {
    work = await mkdtemp(join(tmpdir(), 'containr-dev-'));
    await symlink(join(root, 'node_modules'), join(work, 'node_modules'));
    folder = await createPlugin({ name: 'parcels', summary: 'Follows parcels', view: true, agent: false }, work);
    test = await startTestPlatform({ plugins: ['auth'], views: true });
    child = spawn(
      process.execPath,
      [
        '--conditions=containr-src',
        '--disable-warning=ExperimentalWarning',
        join(root, 'sdk/cli/bin/containr.mjs'),
        ...['--data', test.data, 'plugin', 'dev', folder, '--trusted'],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until('it serves', async () => said.includes('Watching '), 60_000);
  });
  after(async () => {
    child?.kill('SIGKILL');
    await test?.stop();
    await rm(work, { recursive: true, force: true });
  });

  async function change(path: string, from: string, to: string): Promise<void> {
    const file = join(folder, path);
    const text = await readFile(file, 'utf8');
    expect(text).to.include(from);
    await writeFile(file, text.replace(from, to));
  }
  const version = async () => String((await test.console('/plugins/parcels')).field('version'));
  const module = async () => {
    const [path = ''] = /\/plugin-ui\/parcels\/[^"]*index\.js/.exec((await test.console('/ui')).text) ?? [];
    return (await test.request(path)).text;
  };
  const add = () => test.console('/parcels', { method: 'POST', organisation: 'default', body: { text: 'x' } });

  it('installs the plugin and lets it serve', async () => {
    expect(said).to.match(/All: server, view built in \d+ ms, served after \d+ ms/);
    expect(await version()).to.match(/^0\.1\.0-dev\.\d+$/);
    expect((await add()).status).to.equal(201);
  });

  it('serves a changed route after a save, and keeps what the plugin knows', async () => {
    await change('src/routes.ts', 'status: 201,', 'status: 202,');
    await until('the route changed', async () => (await add()).status === 202);
    expect((await test.console('/parcels', { organisation: 'default' })).text).to.include('"x"');
    await until('it says so', async () => /src\/routes\.ts: server built in/.test(said));
  });

  it('serves a changed view after a save', async () => {
    await change('ui/NotesPage.vue', 'Write the first one above.', 'Nothing is under way.');
    await until('the view changed', async () => (await module()).includes('Nothing is under way.'));
  });

  it('says what is wrong with a save, and what was served before still is', async () => {
    const before = await version();
    await change('src/plugin.ts', 'setup(ctx) {', 'setup(ctx) { throw new Error("no parcels today");');
    await until('it says so', async () => said.includes('no parcels today'));
    expect(said).to.include('what was served before still is');
    await change('src/plugin.ts', 'throw new Error("no parcels today");', '((');
    await until('it says where', async () => /src\/plugin\.ts: failed[^]*plugin\.ts:\d+/.test(said));
    expect(await version()).to.equal(before);
    expect((await add()).status).to.equal(202);
    await change('src/plugin.ts', 'setup(ctx) { ((', 'setup(ctx) {');
    await until('it serves again', async () => (await version()) !== before);
  });

  it('ends with a signal, and the plugin stays', async () => {
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).to.equal(0);
    expect((await add()).status).to.equal(202);
  });
});
