import { needs } from '../../src/plugins/plugin-entry.ts';
import type { PluginEntry } from '../../src/plugins/plugin-entry.ts';
import type { PluginVersion } from './behaviour.ts';
import type { SimulatedProcess } from './process.ts';
import type { SharedRows } from './shared-rows.ts';

/** What holds in a process at every moment. Throws what does not. */
export function always(process: SimulatedProcess): void {
  const { lifecycle, gateway, services, jobs, hooks, effects, name } = process;
  const doubt = (what: string): never => {
    throw new Error(`${name}: ${what}`);
  };
  const { mounts: all } = gateway;
  const [allProvided, allTaps] = [services.list(), hooks.taps()];
  for (const entry of lifecycle.entries) {
    const { running, state } = entry;
    if (state === 'active' && !running) doubt(`${nameOf(entry)} is active, and nothing runs.`);
    if (!running || state !== 'active') continue;
    const mounts = all.filter(({ plugin }) => plugin === nameOf(entry));
    if (mounts.length !== 1 || mounts[0] !== running.mount)
      doubt(`${nameOf(entry)} is active, and ${mounts.length} mounts answer for it.`);
    const provided = allProvided.filter(({ plugin }) => plugin === nameOf(entry));
    if (provided.length !== 1) doubt(`${nameOf(entry)} is active, and provides its contract ${provided.length} times.`);
    if (!jobs.has(`${nameOf(entry)}:${nameOf(entry)}.work`)) doubt(`${nameOf(entry)} is active, and takes no jobs.`);
    if (allTaps.filter(({ plugin }) => plugin === nameOf(entry)).length !== 1)
      doubt(`${nameOf(entry)} is active, and does not tap once.`);
    for (const need of needs(entry)) {
      const needed = lifecycle.entries.find((other) => nameOf(other) === need);
      if (needed?.state !== 'active') doubt(`${nameOf(entry)} runs, and ${need}, which it needs, is ${needed?.state}.`);
    }
  }
  for (const { plugin } of all)
    if (!lifecycle.entries.some((entry) => nameOf(entry) === plugin && entry.running))
      doubt(`A mount of ${plugin} answers, which does not run.`);
  if (effects.wrong.length > 0) doubt(`${effects.wrong.join('; ')}.`);
}

/** What holds in a process when nothing goes wrong any more and everything had its time. Throws what does not. */
export function atRest(
  process: SimulatedProcess,
  rows: SharedRows,
  plugins: readonly (readonly PluginVersion[])[],
): void {
  const { lifecycle, effects, gateway, services, jobs, hooks, stores, name } = process;
  const doubt = (what: string): never => {
    throw new Error(`At rest, ${name}: ${what}`);
  };
  const left = effects.left();
  if (left.length > 0) doubt(`Never undone: ${left.join(', ')}.`);
  const running = lifecycle.entries.filter((entry) => entry.running);
  for (const [plugin, open] of stores)
    if (open !== (running.some((entry) => nameOf(entry) === plugin) ? 1 : 0))
      doubt(`${open} stores of ${plugin} are open.`);
  const ended = effects.instances.filter(({ signal }) => !signal.aborted);
  if (ended.length !== running.length) doubt(`${ended.length} set-ups go on, and ${running.length} plugins run.`);
  const registered = [gateway.mounts.length, services.list().length, jobs.size, hooks.taps().length];
  if (registered.some((count) => count !== running.length))
    doubt(`${running.length} plugins run, and mounts, services, jobs and taps are ${registered.join(', ')}.`);
  for (const entry of lifecycle.entries) {
    asWanted(entry, rows, plugins, doubt);
    const isOn = (need: string): boolean => running.some((one) => nameOf(one) === need && one.state === 'active');
    if (entry.state === 'waiting' && needs(entry).every(isOn))
      doubt(`${nameOf(entry)} waits, and everything that it needs is on.`);
  }
}

/** A plugin is as it is wanted to be, or says why it is not. */
function asWanted(
  entry: PluginEntry,
  rows: SharedRows,
  plugins: readonly (readonly PluginVersion[])[],
  doubt: (what: string) => never,
): void {
  const plugin = nameOf(entry);
  const { state, running, cause } = entry;
  const want = rows.wanted.get(plugin);
  if (!(want?.enabled ?? false)) {
    if (running) doubt(`${plugin} runs, and is to be off.`);
    return;
  }
  if (state === 'waiting' || state === 'failed') {
    if (!cause) doubt(`${plugin} is ${state}, and does not say why.`);
    return;
  }
  if (state !== 'active' || !running) return doubt(`${plugin} is to be on, and is ${state}.`);
  if (cause) return;
  const version = rows.chosen.get(plugin) ?? plugins.flat().find((one) => one.plugin === plugin)?.version;
  if (running.package.version !== `${version}.0.0`)
    doubt(`${plugin} ${running.package.version} runs, ${version} is chosen, and it does not say why.`);
  const word = rows.settings.get(plugin) ?? 0;
  if (!running.followsSettings && running.setUpWith !== word)
    doubt(`${plugin} runs with the settings ${running.setUpWith}; they are ${word}.`);
}

function nameOf(entry: PluginEntry): string {
  return entry.package.name;
}
