import { parseArgs } from 'node:util';
import { drivers } from '../../plugins/ingress/src/drivers.ts';
import { runChanges } from '../changes/run-changes.ts';
import { runLoad } from './load.ts';
import { runSequences } from './sequences.ts';
import { runToggles } from './toggles.ts';

/** Runs one part of the soak in this process, which `main.mjs` starts with the flags that make the heap comparable. */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '1000' },
    plugin: { type: 'string', multiple: true, default: [] },
    runs: { type: 'string', default: '100' },
    longest: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '600' },
    rate: { type: 'string' },
    changes: { type: 'string', default: '10000' },
    sockets: { type: 'string', default: '20' },
    ingress: { type: 'string', default: 'builtin' },
    seed: { type: 'string' },
    path: { type: 'string' },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const seed = values.seed === undefined ? undefined : Number(values.seed);
const parts: Readonly<Record<string, () => Promise<string>>> = {
  toggles: () => runToggles(Number(values.times), values.plugin, say),
  load: () => runLoad({ seconds: Number(values.seconds), rate: Number(values.rate ?? 50), seed }),
  changes: () =>
    runChanges({
      driver: drivers.find((driver) => driver === values.ingress) ?? 'builtin',
      changes: Number(values.changes),
      rate: Number(values.rate ?? 500),
      sockets: Number(values.sockets),
      seed,
    }),
  sequences: () =>
    runSequences({
      runs: Number(values.runs),
      longest: Number(values.longest),
      withinMs: Number(values.seconds) * 1000,
      seed,
      path: values.path,
    }),
};

try {
  const part = parts[positionals[0] ?? ''];
  if (!part) throw new Error(`Name a part: ${Object.keys(parts).join(', ')}`);
  say(await part());
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
