import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputLine, TaskOutcome } from '@containr/sdk';
import { expect } from 'chai';
import { until } from '../../test/agent-process.ts';
import { caught } from '../../test/by-hand.ts';
import type { HalfArena } from '../../test/half-arena.ts';
import { anything, openHalfArena } from '../../test/half-arena.ts';

const process = `const born = Math.random(); serve('process', async () => ({ born, pid: process.pid, uid: process.getuid(), folder: agent.directory }));`;

describe('the agent half of a plugin that nobody trusts', function () {
  this.timeout(60_000);
  let arena: HalfArena;
  before(async () => {
    arena = await openHalfArena();
  });
  after(() => arena.stop());

  function processes(): number {
    return readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(arena.data, 'apart'));
      } catch {
        return false;
      }
    }).length;
  }

  it('runs in a process and folder of its own, and says what keeps it apart', async () => {
    const { state, cause, isolation } = await arena.enter(process);
    expect([state, cause]).to.deep.equal(['running', null]);
    const ran = (await arena.ask('process')) as { pid: number; uid: number; folder: string };
    expect(ran.pid).to.not.equal(arena.agent.child.pid);
    expect(ran.folder).to.equal(join(arena.data, 'plugins/hostile'));
    const holds = new Map(isolation?.map((one) => [one.layer, one.holds]));
    if (holds.get('user') === true) {
      expect(ran.uid).to.be.within(63_001, 63_999);
      expect(statSync(ran.folder).uid).to.equal(ran.uid);
    }
    expect(holds.get('node')).to.equal(true);
  });

  it('serves under a name that no other plugin has, and under a plain one only where that was granted', async () => {
    const { agents, node } = arena;
    const body = `serve('image.docker', async ({ n }) => ({ n: n + 1 }));`;
    await arena.enter(body);
    expect(await arena.ask('image.docker', { n: 1 })).to.deep.equal({ n: 2 });
    const plain = await caught(agents.call(node, anything('image.docker'), { n: 1 }));
    expect(plain.code).to.equal('CAPABILITY_MISSING');
    await arena.enter(body, { provides: ['image.docker'] });
    expect(await agents.call(node, anything('image.docker'), { n: 1 })).to.deep.equal({ n: 2 });
  });

  it('checks its inputs, and tells errors as they are', async () => {
    const text = `{ type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }`;
    const say = `agent.capability({ ...anything('say'), input: ${text} }, async ({ text }) => {
      throw Object.assign(new Error(text), { name: 'ContainrError', code: 'SAID', status: 409, hint: 'so', errors: [] });
    });`;
    await arena.enter(`serve('throw', async () => { throw new Error('inside'); });`);
    expect(await caught(arena.ask('throw'))).to.include({ code: 'PLUGIN_FAULT' });
    await arena.enter(say);
    const wrong = await caught(arena.ask('say', { text: 1 }));
    expect(wrong.message).to.match(/text/);
  });

  it('runs tasks: their lines in order, their end once, their cancelling', async () => {
    const lines: OutputLine[] = [];
    const ends: TaskOutcome[] = [];
    const [count, wait] = [anything('hostile/count'), anything('hostile/wait')];
    arena.agents.onTaskOutput(count, async (output) => void lines.push(...output.lines));
    for (const one of [count, wait]) arena.agents.onTaskEnd(one, async ({ outcome }) => void ends.push(outcome));
    await arena.enter(`
      serve('count', async ({ to }, io) => { for (let n = 0; n < to; n++) io.output('line ' + n, n % 2 ? 'stderr' : 'stdout'); return { to }; });
      serve('wait', (input, io) => new Promise((_, reject) => io.signal.addEventListener('abort', () => reject(io.signal.reason))));
    `);
    await arena.agents.startTask(arena.node, count, 'apart.hostile.1', { to: 500 });
    await until('the end', () => ends.length === 1);
    expect(ends).to.deep.equal([{ status: 'done', output: { to: 500 } }]);
    await until('all lines', () => lines.length === 500);
    expect(lines.map(({ text }) => text)).to.deep.equal(Array.from({ length: 500 }, (_, n) => `line ${n}`));
    expect(lines[1]?.stream).to.equal('stderr');
    await arena.agents.startTask(arena.node, wait, 'apart.hostile.2', {});
    await arena.agents.cancelTask(arena.node, 'apart.hostile.2');
    await until('the end of the second', () => ends.length === 2);
    expect(ends[1]).to.deep.equal({ status: 'cancelled' });
  });

  it('reports under its own name as its own node, also at each connection', async () => {
    const heard: unknown[] = [];
    const report = { type: 'report', name: 'hostile/disk.seen', payload: true } as const;
    arena.agents.onReport(report, async (payload, { node }) => void heard.push([payload, node]));
    await arena.enter(`
      const Seen = { type: 'report', name: 'disk.seen', payload: true };
      agent.onConnect(() => agent.report(Seen, { free: 1 }));
    `);
    await until('the report', () => heard.length === 1);
    expect(heard).to.deep.equal([[{ free: 1 }, arena.node]]);
  });

  it('asks the paths of its own plugin as this agent, and no others', async () => {
    await arena.enter(`serve('get', async ({ path }) => {
      let text = '';
      for await (const piece of await agent.fetch(path, AbortSignal.timeout(5000))) text += piece;
      return text;
    });`);
    const ask = (path: string) => caught(arena.ask('get', { path }));
    expect(await ask('/api/v1/hostiles/nothing')).to.include({ code: 'NOT_FOUND' });
    for (const path of [
      '/api/v1/sources/1',
      '/api/v1/hostiles/../nodes',
      '/api/v1/hostiles/%2e%2e/nodes',
      '/api/v1',
      '/git/x',
    ])
      expect(await ask(path), path).to.include({ code: 'FETCH_REFUSED' });
  });

  it('keeps nobody waiting while its set-up does not come to an end, and is told to be slow', async () => {
    const entering = arena.enter(`await new Promise(() => {});`, {}, 30_000);
    await until('it starts', async () => (await arena.status())?.state === 'starting');
    expect(await arena.neighbourAnswers()).to.equal(true);
    expect(await arena.status()).to.include({ state: 'starting' });
    const { state, cause } = await entering;
    expect([state, cause?.code]).to.deep.equal(['failed', 'AGENT_HALF_SLOW']);
  });

  it('is replaced, comes back with the agent, and leaves nothing', async () => {
    const born = async (): Promise<unknown> => ((await arena.ask('process')) as { born: number }).born;
    await arena.enter(process);
    const [first, processesOfOne] = [await born(), processes()];
    await arena.enter(process);
    const second = await born();
    expect(second).to.not.equal(first);
    await until('one is left', () => processes() === processesOfOne);
    await arena.restartAgent();
    const third = await until('it runs again', () => born().catch(() => null));
    expect(third).to.not.equal(second);
    await arena.leave();
    await until('no process is left', () => processes() === 0);
    expect(await caught(arena.ask('process'))).to.include({ code: 'CAPABILITY_MISSING' });
    expect(await arena.neighbourAnswers()).to.equal(true);
  });
});
