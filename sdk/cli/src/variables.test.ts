import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';

const program = fileURLToPath(new URL('../bin/containr.mjs', import.meta.url));

describe('variables, from the command line', function () {
  this.timeout(120_000);
  let test: TestPlatform;
  let folder: string;

  /** Runs the command in a process of its own; answers what it wrote, and fails on another exit code than `code`. */
  async function containr(args: readonly string[], { stdin = '', code = 0, editor = '' } = {}): Promise<string> {
    const argv = ['--data', test.data, '--organisation', 'default', ...args];
    return new Promise((resolve, reject) => {
      const child = execFile(
        process.execPath,
        ['--conditions=containr-src', '--disable-warning=ExperimentalWarning', program, ...argv],
        { timeout: 60_000, env: { PATH: process.env['PATH'], CONTAINR_CONFIG: '/nonexistent', EDITOR: editor } },
        (error, stdout, stderr) => {
          const ended = error ? Number(error.code ?? -1) : 0;
          if (ended === code) resolve(stdout + stderr);
          else reject(new Error(`containr ${args.join(' ')} ended with ${ended}: ${stdout}${stderr}`));
        },
      );
      child.stdin?.end(stdin);
    });
  }

  before(async () => {
    test = await startTestPlatform({ plugins: ['projects'] });
    folder = await mkdtemp(join(tmpdir(), 'cli-variables-'));
    await containr(['projects', 'create', 'Shop']);
    await containr(['services', 'create', 'shop/web']);
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await test?.stop();
  });

  it('are set, listed, taken away, and brought back', async () => {
    await containr(['variables', 'shop@production', 'set', 'REGION=north', '--no-deploy']);
    const set = await containr(['variables', 'shop/web', 'set', 'A=1', 'B=a=b', '--no-deploy']);
    expect(set).to.include('2 changes applied, 1 service with a new revision.');
    await containr(['variables', 'shop/web', 'set', 'HUSH', '--kind', 'sealed', '--no-deploy'], { stdin: 'sesame\n' });
    const listed = await containr(['variables', 'shop/web']);
    expect(listed)
      .to.match(/A\s+1\s+plain\s+run/)
      .and.match(/B\s+a=b/)
      .and.match(/HUSH\s+\(sealed, not shown\)/);
    await containr(['variables', 'shop/web', 'unset', 'A', '--no-deploy']);
    expect(await containr(['variables', 'shop/web', 'history']))
      .to.include('- A')
      .and.not.include('sesame');
    await containr(['variables', 'shop/web', 'restore', '1']);
    expect(await containr(['--json', 'variables', 'shop/web']))
      .to.include('"A"')
      .and.not.include('HUSH');
  });

  it('come from a file and from an editor, with what changes shown before', async () => {
    const file = join(folder, 'given.env');
    await writeFile(file, '# ours\nA=2\nNAME="two\nlines"\n');
    const imported = await containr(['variables', 'shop/web', 'import', file, '--replace', '--no-deploy']);
    expect(imported).to.include('~ A: 1 → 2').and.include('+ NAME=two\\nlines').and.include('- B');
    const out = join(folder, 'out.env');
    await containr(['variables', 'shop/web', 'export', out]);
    expect(await readFile(out, 'utf8')).to.equal('# ours\nA=2\nNAME="two\nlines"\n');
    const editor = join(folder, 'editor.mjs');
    await writeFile(
      editor,
      `import { readFileSync, writeFileSync } from 'node:fs'; const f = process.argv[2]; writeFileSync(f, readFileSync(f, 'utf8').replace('A=2', 'A=3'));`,
    );
    const edited = await containr(['variables', 'shop/web', 'edit', '--no-deploy'], {
      editor: `${process.execPath} ${editor}`,
    });
    expect(edited).to.include('~ A: 2 → 3');
    const wrong = await containr(['variables', 'shop/web', 'import', '-'], { stdin: 'A=1\nnonsense\n', code: 1 });
    expect(wrong).to.include('line 2: is no comment and no NAME=value');
  });

  it('are staged, shown, dropped and applied', async () => {
    await containr(['variables', 'shop/web', 'set', 'A=9', 'C=1', '--stage']);
    const [first] = JSON.parse(await containr(['--json', 'changes', 'shop'])) as { id: string }[];
    expect(await containr(['changes', 'shop']))
      .to.include('~ A: 3 → 9')
      .and.include('+ C=1');
    await containr(['drop', 'shop', first?.id ?? '']);
    expect(await containr(['apply', 'shop', '--no-deploy'])).to.include('1 change applied');
    expect(await containr(['changes', 'shop'])).to.include('Nothing is staged.');
    expect(await containr(['variables', 'shop/web']))
      .to.match(/A\s+3/)
      .and.match(/C\s+1/);
  });
});
