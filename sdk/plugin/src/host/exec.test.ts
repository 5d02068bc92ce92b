import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isContainrError } from '../errors.ts';
import type { ExecOptions } from '../exec.ts';
import { createExec } from './exec.ts';
import { createLogger } from './log.ts';

const exec = createExec({ log: createLogger({ level: 'silent' }) });
const node = (script: string, options: Partial<ExecOptions> = {}) =>
  exec([process.execPath, '-e', script], { timeoutMs: 10_000, ...options });

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return isContainrError(error) ? error.code : String(error);
  }
  return 'no error';
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(check: () => boolean | Promise<boolean>, ms = 5000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > end) throw new Error('It did not become true in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('exec', () => {
  it('passes arguments as they are, without a shell', async () => {
    const result = await exec(['printf', '%s|', '$HOME; ls', '*'], { timeoutMs: 5000 });
    expect(result).to.deep.equal({ exitCode: 0, signal: null, stdout: '$HOME; ls|*|', stderr: '' });
  });
  it('returns a non-zero exit as a result', async () => {
    expect((await node('process.exit(3)')).exitCode).to.equal(3);
  });
  it('inherits nothing but PATH', async () => {
    const { stdout } = await node('console.log(Object.keys(process.env).join())', { env: { GIVEN: '1' } });
    expect(stdout.trim().split(',').sort()).to.deep.equal(['GIVEN', 'PATH']);
  });
  it('feeds standard input, and survives a program that does not read it', async () => {
    expect((await exec(['cat'], { timeoutMs: 5000, stdin: 'hello' })).stdout).to.equal('hello');
    expect((await exec(['true'], { timeoutMs: 5000, stdin: 'x'.repeat(1_000_000) })).exitCode).to.equal(0);
  });
  it('hands over lines of both streams, whole and redacted', async () => {
    const lines: string[] = [];
    const { stdout } = await node(
      'process.stdout.write("a tok"); setTimeout(() => { process.stdout.write("en1 b\\r\\nlast"); console.error("oh token1") }, 50)',
      { redact: ['token1'], onLine: (text, stream) => lines.push(`${stream}: ${text}`) },
    );
    expect(lines.sort()).to.deep.equal(['stderr: oh [redacted]', 'stdout: a [redacted] b', 'stdout: last']);
    expect(stdout).to.equal('a [redacted] b\r\nlast');
  });
  it('keeps no more than the cap, cut at a whole character', async () => {
    const { stdout } = await node('process.stdout.write("é".repeat(100))', { maxBytes: 5 });
    expect(stdout).to.equal('éé');
  });
  it('goes on when a listener throws', async () => {
    const result = await node('console.log(1)', {
      onLine: () => {
        throw new Error('no');
      },
    });
    expect(result.exitCode).to.equal(0);
  });
  it('says what is not there: the program, or the folder', async () => {
    expect(await codeOf(exec(['no-such-program'], { timeoutMs: 1000 }))).to.equal('EXEC_NOT_FOUND');
    const error: unknown = await exec(['true'], { timeoutMs: 1000, cwd: '/no/such/folder' }).catch(
      (reason: unknown) => reason,
    );
    expect(isContainrError(error) && error.message).to.contain('no such folder');
  });
  it('ends the whole group at the deadline, also who ignores SIGTERM', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'exec-'));
    const file = join(folder, 'pid');
    const script = `const c = require('node:child_process').spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      require('node:fs').writeFileSync(${JSON.stringify(file)}, String(c.pid)); process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`;
    expect(await codeOf(node(script, { timeoutMs: 400 }))).to.equal('EXEC_TIMEOUT');
    const grandchild = Number(await readFile(file, 'utf8'));
    await until(() => !runs(grandchild));
    await rm(folder, { recursive: true });
  });
  it('stops at an abort, also one that came before', async () => {
    const controller = new AbortController();
    const work = codeOf(
      node('console.log("up"); setInterval(() => {}, 1000)', {
        signal: controller.signal,
        onLine: () => controller.abort(),
      }),
    );
    expect(await work).to.equal('EXEC_ABORTED');
    expect(await codeOf(node('0', { signal: controller.signal }))).to.equal('EXEC_ABORTED');
  });
});
