import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const program = fileURLToPath(new URL('../../bin/containr.mjs', import.meta.url));

function containr(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=containr-src', '--disable-warning=ExperimentalWarning', program, ...args],
      { timeout: 30_000 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}

describe('lint, from the command line', () => {
  let folder = '';
  let file = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-lint-'));
    file = join(folder, 'Dockerfile');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('ends with 1 for errors, and says them to programs too', async () => {
    await writeFile(file, 'FROM shop:1\nRUN sudo a\n');
    const told = await containr('lint', file);
    expect(told.code, told.stderr).to.equal(1);
    expect(told.stdout).to.contain(`${file}:2:5`).and.to.contain('DL3004').and.not.to.contain('DL3057');
    const [finding] = JSON.parse((await containr('--json', 'lint', file)).stdout);
    expect(finding).to.include({ rule: 'DL3004', severity: 'error', line: 2, column: 5 });
  });

  it('mends, and ends with 0 when no error is left', async () => {
    await writeFile(file, 'FROM shop:1\nADD a /b\n');
    const told = await containr('lint', '--fix', file);
    expect(told).to.deep.include({ code: 0, stdout: `Nothing to find fault with in ${file}.\n` });
    expect(await readFile(file, 'utf8')).to.equal('FROM shop:1\nCOPY a /b\n');
  });

  it('ends with 1 when there is no such file', async () => {
    expect((await containr('lint', join(folder, 'none'))).code).to.equal(1);
  });
});
