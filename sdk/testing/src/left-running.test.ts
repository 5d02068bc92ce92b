import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { scratchFolder } from './scratch.ts';

const run = promisify(execFile);

describe('what a test left running', () => {
  it('ends with the process that ran the test, also when it exits in the middle of things', async () => {
    const folder = await scratchFolder('left');
    // As an ingress does: detached, its folder in its command line, and nobody waits for it.
    const test = `
      import { spawn } from 'node:child_process';
      import { endWithProcess } from ${JSON.stringify(new URL('./left-running.ts', import.meta.url).href)};
      const folder = process.argv[1];
      endWithProcess(folder);
      const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', folder + '/ingress'], { detached: true, stdio: 'ignore' });
      left.unref();
      left.once('spawn', () => { process.stdout.write(String(left.pid)); process.exit(1); });
    `;
    const flags = ['--conditions=containr-src', '--input-type=module', '--eval', test, folder];
    const failed = (await run(process.execPath, flags).catch((error: unknown) => error)) as { stdout: string };
    const pid = Number(failed.stdout);
    expect(pid).to.be.greaterThan(0);
    // Killed, it may not have been waited for yet.
    const { stdout } = await run('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
    expect(stdout.trim()).to.match(/^(?:Z.*)?$/);
    await rm(folder, { recursive: true });
  });
});
