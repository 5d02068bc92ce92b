import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packFolder, readPluginFolder } from '@containr/plugin-build';
import { createExec, createLogger } from '@containr/sdk/host';
import { startTestPlatform, until } from '@containr/testing';
import { expect } from 'chai';
import { createPlugin } from './create-plugin.ts';
import { fill } from './fill.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const exec = createExec({ log: createLogger({ level: 'silent' }) });

describe('create-containr-plugin', function () {
  this.timeout(180_000);
  let work = '';
  before(async () => {
    work = await mkdtemp(join(tmpdir(), 'containr-create-'));
    // The packages as they will come from a registry.
    await symlink(join(root, 'node_modules'), join(work, 'node_modules'));
  });
  after(() => rm(work, { recursive: true, force: true }));

  /** Runs a program of the packages in a folder; fails with all that it wrote. */
  async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
    const env = {
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      HOME: process.env['HOME'] ?? work,
    };
    const argv = [process.execPath, join(root, program), ...args] as const;
    const { exitCode, stdout, stderr } = await exec([...argv], { cwd, env, timeoutMs: 120_000 });
    if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}\n${stderr}`);
  }
  async function build(folder: string): Promise<void> {
    await run('node_modules/typescript/bin/tsc', [], folder);
    await run('sdk/plugin-build/bin/containr-plugin.mjs', ['build'], folder);
  }

  it('makes a plugin with all halves that is green at once and works in a running install', async () => {
    const folder = await createPlugin(
      { name: 'parcel-notes', summary: "Keeps a team's notes", view: true, agent: true },
      work,
    );
    await build(folder);
    await run('node_modules/mocha/bin/mocha.js', [], folder);

    const test = await startTestPlatform({ plugins: ['auth'], agent: true, views: true });
    const archive = await packFolder(await readPluginFolder(folder));
    const installed = await test.console('/plugins', {
      method: 'POST',
      headers: { 'content-type': 'application/gzip' },
      body: archive,
    });
    expect(installed.status, installed.text).to.equal(201);
    expect(installed.json).to.have.nested.property('version.name', 'parcel-notes');
    await test.console('/plugins/parcel-notes/trust', { method: 'POST', body: { trust: 'trusted' } });
    const on = await test.console('/plugins/parcel-notes/enable', { method: 'POST' });
    expect(on.status, on.text).to.equal(200);
    const made = await test.console('/parcel-notes', {
      method: 'POST',
      organisation: 'default',
      body: { text: 'Ring twice' },
    });
    expect(made.status, made.text).to.equal(201);
    const { rows } = await test.database.pool.query(
      `select count(*)::int as count from information_schema.tables where table_schema = 'plugin_parcel_notes' and table_name = 'notes'`,
    );
    expect(rows).to.deep.equal([{ count: 1 }]);
    await until('the node answers', async () => {
      const { json } = await test.console('/parcel-notes/nodes');
      return JSON.stringify(json).includes('"seconds":') && !JSON.stringify(json).includes('null');
    });
    expect((await test.console('/ui')).text).to.include('/plugin-ui/parcel-notes/');
    await test.stop();
  });

  for (const kind of ['notifier', 'builder', 'empty'] as const)
    it(`makes a plugin of the kind ${kind} that is green at once, in both ways of trust`, async () => {
      const wishes = { name: `own-${kind}`, summary: 'Does one thing', kind, view: false, agent: false };
      const folder = await createPlugin(wishes, work);
      await build(folder);
      await run('node_modules/mocha/bin/mocha.js', [], folder);
    });

  it('takes the packages from the clone that it is run from', async () => {
    const folder = await createPlugin({ name: 'cloned', summary: 'x', view: true, agent: false }, work);
    const { devDependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    expect(devDependencies).to.include({
      '@containr/sdk': `file:${join(root, 'sdk/plugin')}`,
      '@containr/ui-kit': `file:${join(root, 'ui/kit')}`,
    });
  });

  it('builds with a Node that can, and says so before anything else', async () => {
    const old = `const versions = { ...process.versions, node: '20.11.0' }; Object.defineProperty(process, 'versions', { value: versions });`;
    const bin = join(root, 'sdk/plugin-build/bin/containr-plugin.mjs');
    const argv = [
      process.execPath,
      '--import',
      `data:text/javascript,${encodeURIComponent(old)}`,
      bin,
      'build',
    ] as const;
    const { exitCode, stderr } = await exec([...argv], { cwd: work, env: {}, timeoutMs: 20_000 });
    expect([exitCode, stderr.split('\n')[0]]).to.deep.equal([
      1,
      'This is Node 20.11.0. Plugins are built and tested with 22.18 or later, best 24.',
    ]);
  });

  it('begins other kinds than notes with a server half', async () => {
    const wishes = { name: 'seen', summary: 'x', kind: 'builder', view: true, agent: false } as const;
    const thrown: unknown = await createPlugin(wishes, work).catch((error: unknown) => error);
    expect(thrown).to.include({ code: 'PLUGIN_HALF' });
  });

  it('makes a plugin with a server half only', async () => {
    const folder = await createPlugin({ name: 'plain', summary: 'Plain', view: false, agent: false }, work);
    expect(await readdir(folder)).not.to.include('ui');
    expect(await readdir(join(folder, 'src'))).not.to.include('agent.ts');
    await build(folder);
    expect(await readdir(join(folder, 'dist')))
      .to.include('plugin.js')
      .and.not.to.include('ui');
  });

  for (const name of [
    '',
    'Parcels',
    '../up',
    'a b',
    'é',
    '-a',
    'a-',
    'a--b',
    '1a',
    'a'.repeat(41),
    'kernel',
    'nodes',
    '$(x)',
  ])
    it(`refuses the name ${JSON.stringify(name)}`, async () => {
      const before = await readdir(work);
      const thrown: unknown = await createPlugin({ name, summary: 'x', view: true, agent: true }, work).catch(
        (error: unknown) => error,
      );
      expect(thrown).to.include({ code: 'PLUGIN_NAME', status: 400 });
      expect(await readdir(work)).to.deep.equal(before);
    });

  for (const summary of ['', ' ', 'two\nlines', 'a ` tick', '${x}', 'a */ b', 'x'.repeat(121)])
    it(`refuses the summary ${JSON.stringify(summary.slice(0, 20))}`, async () => {
      const thrown: unknown = await createPlugin({ name: 'odd', summary, view: true, agent: true }, work).catch(
        (error: unknown) => error,
      );
      expect(thrown).to.include({ code: 'PLUGIN_SUMMARY' });
    });

  it('leaves a folder that is there already as it is', async () => {
    const wishes = { name: 'twice', summary: 'Says "twice"', view: false, agent: false };
    const folder = await createPlugin(wishes, work);
    const text = await readFile(join(folder, 'package.json'), 'utf8');
    expect(JSON.parse(text)).to.include({ description: 'Says "twice"' });
    const thrown: unknown = await createPlugin({ ...wishes, summary: 'Other' }, work).catch((error: unknown) => error);
    expect(thrown).to.include({ code: 'FOLDER_TAKEN' });
    expect(await readFile(join(folder, 'package.json'), 'utf8')).to.equal(text);
  });

  it('is driven by flags, and says how to use it when they are wrong', async () => {
    const bin = join(root, 'sdk/create-plugin/bin/create-containr-plugin.mjs');
    const answering = (stdin: string, ...flags: string[]) =>
      exec([process.execPath, bin, ...flags], { cwd: work, env: {}, timeoutMs: 20_000, stdin });
    const start = (...flags: string[]) => answering('', ...flags);
    const made = await start('--name', 'flagged', '--summary', 'By flags', '--halves', 'server,view');
    expect(made.exitCode, made.stderr).to.equal(0);
    expect(await readdir(join(work, 'flagged'))).to.include('ui');
    const answered = await answering('piped\nBy answers\nempty\n');
    expect(answered.exitCode, answered.stderr).to.equal(0);
    expect(await readdir(join(work, 'piped/src'))).to.deep.equal(['plugin.ts']);
    const silent = await answering('unsaid\n');
    expect([silent.exitCode, silent.stderr]).to.deep.include(1);
    expect(silent.stderr).to.include('Nobody answers "What does it do, in one line?".');
    expect((await start('--nonsense')).exitCode).to.equal(2);
    const odd = await start('--name', 'x', '--summary', 'x', '--halves', 'server,tail');
    expect([odd.exitCode, odd.stderr]).to.deep.include(1);
    expect(odd.stderr).to.include('no half called "tail"');
    const kind = await start('--name', 'x', '--summary', 'x', '--kind', 'tail');
    expect([kind.exitCode, kind.stderr]).to.deep.include(1);
    expect(kind.stderr).to.include('notes, notifier, builder, empty');
  });
});

describe('a template', () => {
  it('keeps what is wanted and fills in what is known', () => {
    const text = 'a %name%\n%if view%\nview\n%end%\n  %if agent%\nagent\n  %end%\n%other% 5%';
    expect(fill(text, { name: 'x' }, { view: true, agent: false })).to.equal('a x\nview\n%other% 5%');
  });
});
