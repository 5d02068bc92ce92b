import { mock } from 'node:test';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ControlPlane } from './control-plane-process.ts';
import type { Ask, Beginning, Failure, Told } from './messages.ts';
import { Supervisor } from './supervisor.ts';

type Hear = Parameters<ConstructorParameters<typeof Supervisor>[0]['start']>[0];

/** A control plane whose life the test writes. */
class Scripted implements ControlPlane {
  readonly pid = undefined;
  readonly told: Told[] = [];
  readonly hear: Hear;
  alive = true;
  killed = false;

  constructor(hear: Hear) {
    this.hear = hear;
  }

  send(told: Told): void {
    this.told.push(told);
  }

  kill(): void {
    this.killed = true;
    this.end(null, 'SIGKILL');
  }

  ask<T>(what: Ask): Promise<T> {
    return this.hear.asked(what) as Promise<T>;
  }

  end(exitCode: number | null, signal: string | null = null): void {
    if (!this.alive) return;
    this.alive = false;
    this.hear.exited(exitCode, signal);
  }

  wished(wish: 'stop' | 'retire'): boolean {
    return this.told.some((one) => 'tell' in one && one.tell === wish);
  }
}

function supervise(): {
  supervisor: Supervisor;
  all: Scripted[];
  notes: string[];
  failures: Failure[];
  latest: () => Scripted;
} {
  const all: Scripted[] = [];
  const notes: string[] = [];
  const failures: Failure[] = [];
  const supervisor = new Supervisor({
    start(hear) {
      const one = new Scripted(hear);
      all.push(one);
      return one;
    },
    note: (text) => notes.push(text),
    fail: (failure) => failures.push(failure),
    readyMs: 10_000,
  });
  supervisor.begin();
  const latest = (): Scripted => {
    const one = all.at(-1);
    if (!one) throw new Error('None was started.');
    return one;
  };
  return { supervisor, all, notes, failures, latest };
}

const ready = (one: Scripted): Promise<unknown> => one.ask({ verb: 'ready', version: '1.0.0', port: 3000 });

describe('a supervisor', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  it('has the older one retire only when the newer one is ready, on the same port', async () => {
    const { supervisor, all, latest } = supervise();
    const first = latest();
    await ready(first);
    expect(supervisor.restart('Ada')).to.equal(null);
    expect(supervisor.restart('Bob')).to.include({ code: 'RESTART_UNDER_WAY' });
    const second = latest();
    expect(await second.ask<Beginning>({ verb: 'begin' })).to.include({
      reason: 'successor',
      takesOver: 3000,
      generation: 2,
    });
    expect(first.wished('retire')).to.equal(false);
    await ready(second);
    expect(first.wished('retire')).to.equal(true);
    expect(first.told.at(-1)).to.have.nested.property('state.change.status', 'draining');
    first.end(0);
    expect(second.told.at(-1)).to.have.nested.property('state.change.status', 'done');
    expect(all).to.have.length(2);
  });

  it('leaves the older one alone when the newer one fails, hangs or is killed, and says why', async () => {
    const { supervisor, latest, notes } = supervise();
    const first = latest();
    await ready(first);
    const cause = (): unknown => first.told.at(-1);
    supervisor.restart('Ada');
    await latest().ask({ verb: 'failed', failure: { code: 'PLUGIN_LOST', detail: 'It is lost.', hint: null } });
    latest().end(1);
    expect(cause()).to.have.nested.property('state.change.cause.code', 'PLUGIN_LOST');
    supervisor.restart('Ada');
    mock.timers.tick(10_000);
    expect(latest().killed).to.equal(true);
    expect(cause()).to.have.nested.property('state.change.cause.code', 'NOT_READY_IN_TIME');
    supervisor.restart('Ada');
    latest().end(null, 'SIGSEGV');
    expect(cause()).to.have.nested.property('state.change.cause.detail', 'It was ended by SIGSEGV.');
    expect(first.wished('retire')).to.equal(false);
    expect(notes).to.have.length(3);
  });

  it('waits for the newer one when the older one crashes meanwhile', async () => {
    const { supervisor, all, latest } = supervise();
    await ready(latest());
    supervisor.restart('Ada');
    all[0]?.end(null, 'SIGKILL');
    mock.timers.tick(9999);
    expect(all, 'the newer one has its time').to.have.length(2);
    mock.timers.tick(1);
    expect(latest().killed).to.equal(true);
    mock.timers.tick(200);
    expect(await latest().ask<Beginning>({ verb: 'begin' })).to.include({
      reason: 'crash',
      takesOver: null,
      port: 3000,
    });
  });

  it('stops the one that serves in order, and ends one that starts', async () => {
    const { supervisor, all, latest } = supervise();
    await ready(latest());
    supervisor.restart('Ada');
    supervisor.stop();
    expect(latest().killed).to.equal(true);
    expect(all[0]?.wished('stop')).to.equal(true);
    all[0]?.end(0);
    expect(await supervisor.over).to.equal(0);
  });

  it('never leaves an install without one that serves, starts or is due, whatever happens', async () => {
    const event = fc.constantFrom('restart', 'ready', 'fail', 'crash-serving', 'crash-starting', 'retired', 'wait');
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 30 }), async (events) => {
        const { supervisor, all, failures } = supervise();
        let serving: Scripted | undefined;
        for (const what of ['ready', ...events]) {
          const starting = all.find((one) => one.alive && one !== serving && !one.wished('retire'));
          if (what === 'restart') {
            const refused = supervisor.restart('somebody');
            expect(refused === null, 'it is refused while one starts or none serves').to.equal(
              !starting && serving?.alive === true,
            );
          }
          if (what === 'ready' && starting) {
            await ready(starting);
            if (serving?.alive) expect(serving.wished('retire')).to.equal(true);
            serving = starting;
          }
          if (what === 'fail') starting?.end(1);
          if (what === 'crash-starting') starting?.end(null, 'SIGKILL');
          if (what === 'crash-serving' && serving) serving.end(null, 'SIGKILL');
          if (what === 'retired') all.find((one) => one.alive && one.wished('retire'))?.end(0);
          if (what === 'wait') mock.timers.tick(31_000);
          if (failures.length > 0) break;
          const alive = all.filter((one) => one.alive && !one.wished('retire'));
          expect(alive.length).to.be.at.most(2);
          if (serving?.alive)
            expect(serving.wished('retire'), 'the one that serves is never sent away').to.equal(false);
          if (alive.length === 0) {
            mock.timers.tick(31_000);
            expect(all.at(-1)?.alive, 'another one was due').to.equal(true);
          }
        }
        if (failures.length > 0) {
          expect(failures[0]).to.include({ code: 'CONTROL_PLANE_CRASHES' });
          for (const one of all) one.end(0);
          expect(await supervisor.over).to.equal(1);
        }
      }),
      { numRuns: 300 },
    );
  });
});
