import { expect } from 'chai';
import { defineHook } from '@containr/sdk';
import { HookRegistry } from './hook-registry.ts';
import { Slot } from './slot.ts';

const run = { signal: new AbortController().signal };
const never = new AbortController().signal;
const Text = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
} as const;
const Refuse = defineHook({ name: 'thing.gate', kind: 'gate', payload: Text, summary: 'Refuses' });
const Amend = defineHook({ name: 'thing.amend', kind: 'amend', payload: Text, summary: 'Changes' });
const Choose = defineHook({ name: 'thing.choose', kind: 'choose', payload: Text, result: Text, summary: 'Chooses' });
const Verify = defineHook({ name: 'thing.verify', kind: 'verify', payload: Text, summary: 'Checks' });

function gate(): { open(): void; opened: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, opened: promise };
}

describe('hook slot', () => {
  it('runs taps by stage, then by the plugin’s name, whenever they were added', async () => {
    const slot = new Slot('gate');
    const seen: string[] = [];
    for (const [plugin, stage] of [
      ['b', 0],
      ['late', 10],
      ['a', 0],
    ] as const)
      slot.add({ plugin, stage, call: async () => void seen.push(plugin) });
    await slot.run(null, run);
    expect(seen).to.deep.equal(['a', 'b', 'late']);
  });

  it('waits, when a tap leaves, for every run that can still reach it, also across later changes', async () => {
    const slot = new Slot('gate');
    const inside = gate();
    const seen: string[] = [];
    slot.add({ plugin: 'a', stage: 0, call: () => inside.opened });
    const leave = slot.add({ plugin: 'b', stage: 0, call: async () => void seen.push('b ran') });
    const running = slot.run(null, run);
    slot.add({ plugin: 'c', stage: 0, call: async () => undefined });
    const left = leave().then(() => seen.push('b left'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).to.deep.equal([]);
    inside.open();
    await Promise.all([running, left]);
    expect(seen).to.deep.equal(['b ran', 'b left']);
    await slot.run(null, run);
    expect(seen).to.deep.equal(['b ran', 'b left']);
  });

  it('never calls a tap after it left, under 20 callers and 200 changes', async () => {
    const slot = new Slot('gate');
    slot.add({ plugin: 'always', stage: 0, call: async () => undefined });
    let late = 0;
    let done = false;
    const callers = Array.from({ length: 20 }, async () => {
      while (!done) {
        await slot.run(null, run);
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    for (let round = 0; round < 200; round += 1) {
      const state = { gone: false };
      const leave = slot.add({
        plugin: 'x',
        stage: 0,
        call: async () => {
          await Promise.resolve();
          if (state.gone) late += 1;
        },
      });
      await new Promise((resolve) => setImmediate(resolve));
      await leave();
      state.gone = true;
    }
    done = true;
    await Promise.all(callers);
    expect(late).to.equal(0);
    expect(slot.taps.map((tap) => tap.plugin)).to.deep.equal(['always']);
  });
});

describe('hooks by kind', () => {
  it('amends in turn, and refuses a result that the schema does not know', async () => {
    const hooks = new HookRegistry();
    hooks.tap('a', never, Amend, async ({ text }) => ({ text: `${text}a` }), 0);
    hooks.tap('b', never, Amend, async ({ text }) => ({ text: `${text}b` }), 0);
    expect(await hooks.run(Amend, { text: '' })).to.deep.equal({ text: 'ab' });
    hooks.tap('c', never, Amend, async () => JSON.parse('{"text":1}'), 0);
    const error = await hooks.run(Amend, { text: '' }).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'INVALID' });
  });

  it('takes the first choice that is made', async () => {
    const hooks = new HookRegistry();
    hooks.tap('a', never, Choose, async () => undefined, 0);
    hooks.tap('b', never, Choose, async () => ({ text: 'b' }), 0);
    hooks.tap('c', never, Choose, async () => ({ text: 'c' }), 0);
    expect(await hooks.run(Choose, { text: '' })).to.deep.equal({ text: 'b' });
  });

  it('lets one tap of a gate refuse, and those behind it never run', async () => {
    const hooks = new HookRegistry();
    let after = false;
    hooks.tap('a', never, Refuse, () => Promise.reject(new Error('no')), 0);
    hooks.tap('b', never, Refuse, async () => void (after = true), 0);
    const error = await hooks.run(Refuse, { text: '' }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error).with.property('message', 'no');
    expect(after).to.equal(false);
  });

  it('runs all checks of a verify to their end, and tells every failure', async () => {
    const hooks = new HookRegistry();
    const slow = gate();
    let ended = false;
    hooks.tap('a', never, Verify, () => Promise.reject(new Error('first')), 0);
    hooks.tap(
      'b',
      never,
      Verify,
      () => slow.opened.then(() => Promise.reject(new Error('second'))).finally(() => (ended = true)),
      0,
    );
    const outcome = hooks.run(Verify, { text: '' }).catch((thrown: unknown) => thrown);
    slow.open();
    const error = await outcome;
    expect(ended).to.equal(true);
    expect(error).to.be.instanceOf(AggregateError);
    expect(error instanceof AggregateError && error.errors.map(String)).to.deep.equal([
      'Error: first',
      'Error: second',
    ]);
  });

  it('ends a tap’s signal with the tap’s own plugin', async () => {
    const hooks = new HookRegistry();
    const plugin = new AbortController();
    let signal: AbortSignal | undefined;
    hooks.tap('a', plugin.signal, Refuse, async (_payload, given) => void (signal = given.signal), 0);
    await hooks.run(Refuse, { text: '' });
    plugin.abort();
    expect(signal?.aborted).to.equal(true);
  });

  it('refuses a payload that the schema does not know, and a name that another plugin has', async () => {
    const hooks = new HookRegistry();
    const error = await hooks.run(Refuse, JSON.parse('{}')).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'INVALID' });
    hooks.define('a', Refuse);
    expect(() => hooks.define('b', Refuse))
      .to.throw('which a already has')
      .with.property('code', 'HOOK_TAKEN');
  });
});
