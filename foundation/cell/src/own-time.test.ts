import { spawn } from 'node:child_process';
import { expect } from 'chai';
import { until } from '@containr/testing';
import { ownMs, paceOf } from './own-time.ts';

const before = { ranMs: 10, waitedMs: 100, runnable: true };

describe('time of a process’s own', () => {
  it('is what it ran, while it waits for a processor', () => {
    expect(ownMs(before, { ranMs: 13, waitedMs: 100, runnable: true }, 100)).to.equal(3);
    expect(ownMs(before, { ranMs: 10, waitedMs: 100, runnable: true }, 100)).to.equal(0);
  });

  it('is all that passed but its waits, while it sleeps or is blocked', () => {
    expect(ownMs(before, { ranMs: 10, waitedMs: 100, runnable: false }, 100)).to.equal(100);
    expect(ownMs(before, { ranMs: 11, waitedMs: 160, runnable: false }, 100)).to.equal(40);
    expect(ownMs(before, { ranMs: 11, waitedMs: 900, runnable: false }, 100)).to.equal(0);
  });

  it('is a share where nobody tells', () => {
    expect(ownMs(null, before, 100)).to.equal(25);
  });

  it('is read of real processes', async function () {
    if (!paceOf(process.pid)) this.skip();
    const busy = spawn(process.execPath, ['-e', 'for (;;);']);
    const idle = spawn(process.execPath, ['-e', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)']);
    try {
      await until('one runs and one is blocked', async () => {
        const [running, blocked] = [busy, idle].map(({ pid }) => paceOf(pid ?? 0));
        return running?.runnable === true && running.ranMs > 100 && blocked?.runnable === false;
      });
    } finally {
      busy.kill('SIGKILL');
      idle.kill('SIGKILL');
    }
    await until('it is gone', async () => paceOf(busy.pid ?? 0) === null);
  });
});
