import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { scratchFolder } from '@containr/testing';
import { expect } from 'chai';
import { claimData } from './data-claim.ts';

const program = `
  const { claimData } = await import(${JSON.stringify(new URL('./data-claim.ts', import.meta.url).href)});
  const claim = await claimData(process.argv[1]);
  if ('note' in claim && process.argv[2]) await claim.note([Number(process.argv[2])]);
  console.log('heldBy' in claim ? claim.heldBy : 'claimed');
  setInterval(() => {}, 1000);
`;

describe('the lock on a data folder', function () {
  this.timeout(30_000);
  let folder: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await scratchFolder('claim');
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => end(child)));
    await rm(folder, { recursive: true, force: true });
  });

  function run(...argv: string[]): ChildProcess {
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  }

  /** Claims the folder in a process of its own; gives what it says. */
  async function claimElsewhere(left = ''): Promise<{ child: ChildProcess; said: string }> {
    const child = run('--conditions=containr-src', '--input-type=module', '-e', program, folder, left);
    if (!child.stdout) throw new Error('no output');
    const [said] = (await once(createInterface(child.stdout), 'line')) as [string];
    return { child, said };
  }

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  it('is one process’s while it lives, and anybody’s when it was killed', async () => {
    const { child, said } = await claimElsewhere();
    expect(said).to.equal('claimed');
    expect(await claimData(folder)).to.deep.equal({ heldBy: String(child.pid) });
    await end(child);
    const claim = await claimData(folder);
    expect(claim).to.have.property('release');
    if ('release' in claim) claim.release();
  });

  it('ends a control plane that did not end with its supervisor', async () => {
    const hanging = run('-e', 'setInterval(() => {}, 1000)');
    const gone = once(hanging, 'exit');
    const { child } = await claimElsewhere(String(hanging.pid));
    await end(child);
    const claim = await claimData(folder);
    expect((await gone)[1]).to.equal('SIGKILL');
    if ('release' in claim) claim.release();
  });

  it('is given to one of those that ask at the same time', async () => {
    const all = await Promise.all([claimElsewhere(), claimElsewhere(), claimElsewhere()]);
    const holders = all.filter(({ said }) => said === 'claimed');
    expect(holders).to.have.length(1);
    const [holder] = holders;
    for (const { said } of all) expect(['claimed', String(holder?.child.pid)]).to.include(said);
  });
});
