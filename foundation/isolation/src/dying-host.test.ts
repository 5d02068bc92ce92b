import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { until } from '@containr/testing';

function processesOf(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
}

describe('a control plane that is killed', () => {
  it('takes its isolated plugins with it, even one whose loop hangs', async () => {
    const program = fileURLToPath(new URL('../test/dying-host.ts', import.meta.url));
    const host = spawn(process.execPath, ['--conditions=containr-src', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(host.stdout, 'data')) as [Buffer];
    const folder = said.toString('utf8').trim();
    expect(processesOf(folder)).to.not.deep.equal([]);
    host.kill('SIGKILL');
    await until('nothing of the plugin runs', async () => processesOf(folder).length === 0);
    await rm(folder, { recursive: true, force: true });
  });
});
