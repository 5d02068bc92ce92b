/** One way in which a plugin hangs, grows, or ends: a body of `setup(ctx)` with the route `/hostiles/go` that begins it. */
export interface Fault {
  readonly name: string;
  readonly body: string;
  /** What the admin reads. */
  readonly code: RegExp;
}

const go = (work: string): string => `route(ctx, '/hostiles/go', async () => { ${work} });`;
const grow = (piece: string): string =>
  go(`const all = []; for (;;) { all.push(${piece}); await new Promise(setImmediate); }`);

/** Faults after which a plugin must be back within a second of being found out. */
export const faults: readonly Fault[] = [
  { name: 'loops in a handler', body: go('for (;;);'), code: /PLUGIN_SILENT/ },
  { name: 'loops in a timer', body: go('setTimeout(() => { for (;;); }, 1); return 1;'), code: /PLUGIN_SILENT/ },
  {
    name: 'loops in microtasks',
    body: go('const on = () => Promise.resolve().then(on); on(); return 1;'),
    code: /PLUGIN_SILENT|PLUGIN_MEMORY/,
  },
  {
    name: 'loops in next ticks',
    body: go('const on = () => process.nextTick(on); on(); return 1;'),
    code: /PLUGIN_SILENT|PLUGIN_MEMORY/,
  },
  {
    name: 'blocks on a lock',
    body: go('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);'),
    code: /PLUGIN_SILENT/,
  },
  {
    name: 'blocks on reading what never comes',
    body: go('fs.readSync(1, Buffer.alloc(1));'),
    code: /PLUGIN_SILENT|PLUGIN_CRASHED/,
  },
  { name: 'stops itself', body: go(`process.kill(process.pid, 'SIGSTOP'); for (;;);`), code: /PLUGIN_SILENT/ },
  {
    name: 'is caught by a regular expression',
    body: go(`/^(a+)+$/.test('a'.repeat(40) + 'b');`),
    code: /PLUGIN_SILENT/,
  },
  {
    name: 'gives its signs of life beforehand, and hangs',
    body: go(`fs.writeSync(4, Buffer.alloc(4096)); for (;;);`),
    code: /PLUGIN_VIOLATIONS|QUARANTINED/,
  },
  {
    name: 'closes its heartbeat',
    body: go('fs.closeSync(4); return 1;'),
    code: /PLUGIN_SILENT|PLUGIN_CRASHED/,
  },
  { name: 'closes its channel', body: go('fs.closeSync(3); return 1;'), code: /PLUGIN_CRASHED/ },
  { name: 'allocates objects of 4 GB', body: grow('new Array(1e5).fill({})'), code: /PLUGIN_MEMORY|PLUGIN_SILENT/ },
  { name: 'allocates texts of 4 GB', body: grow(`'x'.repeat(1e6) + all.length`), code: /PLUGIN_MEMORY|PLUGIN_SILENT/ },
  { name: 'allocates buffers of 4 GB', body: grow('Buffer.alloc(1e7, 1)'), code: /PLUGIN_MEMORY|PLUGIN_SILENT/ },
  {
    name: 'allocates shared memory of 4 GB',
    body: grow('new Uint8Array(new SharedArrayBuffer(1e7)).fill(1)'),
    code: /PLUGIN_MEMORY|PLUGIN_SILENT/,
  },
  {
    name: 'grows the memory of WebAssembly to 4 GB',
    body: go(
      `const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 }); for (;;) { memory.grow(160); new Uint8Array(memory.buffer).fill(1); await new Promise(setImmediate); }`,
    ),
    code: /PLUGIN_MEMORY|PLUGIN_SILENT/,
  },
  { name: 'exits', body: go('process.exit(0);'), code: /PLUGIN_CRASHED/ },
  { name: 'aborts', body: go('process.abort();'), code: /PLUGIN_MEMORY|PLUGIN_CRASHED/ },
  {
    name: 'throws where nobody catches',
    body: go(`setTimeout(() => { throw new Error('crash'); }, 0); return 1;`),
    code: /PLUGIN_CRASHED/,
  },
  {
    name: 'rejects where nobody catches',
    body: go(`Promise.reject(new Error('crash')); return 1;`),
    code: /PLUGIN_CRASHED/,
  },
];
