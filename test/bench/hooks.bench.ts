import { HookRegistry } from '@containr/kernel';
import { defineHook } from '@containr/sdk';
import { AsyncSeriesWaterfallHook } from 'tapable';
import { median, row } from './measure.ts';

/** Five asynchronous taps: a raw tapable waterfall's time ÷ ours (payload validation and clean-up proof included); median of 15 pairs. */
const Sum = defineHook({ name: 'sum.amend', kind: 'amend', payload: { type: 'integer' }, summary: 'Adds' });
const registry = new HookRegistry();
registry.define('bench', Sum);
const raw = new AsyncSeriesWaterfallHook<[number]>(['value']);
for (const name of ['a', 'b', 'c', 'd', 'e']) {
  raw.tapPromise(name, async (value) => value + 1);
  registry.tap(name, new AbortController().signal, Sum, async (value) => value + 1, 0);
}

async function time(work: (value: number) => Promise<number>): Promise<number> {
  const begun = process.cpuUsage();
  for (let round = 0; round < 50_000; round += 1) await work(round);
  const used = process.cpuUsage(begun);
  return used.user + used.system;
}

const ratios: number[] = [];
for (let pair = 0; pair < 15; pair += 1) {
  const theirs = await time((value) => raw.promise(value));
  const ours = await time((value) => registry.run(Sum, value));
  ratios.push(theirs / ours);
}
row('hooks', median(ratios), 'ratio', 'report');
