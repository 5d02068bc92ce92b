/** Things that a hostile plugin tries, each an expression in its process; it must throw or reject. */
export const attempts: readonly (readonly [name: string, expression: string])[] = [
  ['reads /etc/passwd', `(await import('node:fs')).readFileSync('/etc/passwd', 'utf8')`],
  ['reads the key ring', `(await import('node:fs')).readFileSync(ctx.directory + '/../../keys/keys.json', 'utf8')`],
  ['lists the folders of other plugins', `(await import('node:fs')).readdirSync(ctx.directory + '/..')`],
  ['reads the folder of another plugin', `(await import('node:fs')).readdirSync(ctx.directory + '/../neighbour')`],
  ['writes into its package', `(await import('node:fs')).writeFileSync(new URL('./plugin.js', import.meta.url), 'x')`],
  ['writes to /tmp', `(await import('node:fs')).writeFileSync('/tmp/hostile-was-here', 'x')`],
  ['makes a symbolic link out of its folder', `linkOut()`],
  ['reads the control plane’s memory', `(await import('node:fs')).readFileSync('/proc/1/environ')`],
  ['reads the console socket', `connectTo({ path: ctx.directory + '/../../console.sock' })`],
  ['connects to the container engine', `connectTo({ path: '/var/run/docker.sock' })`],
  [
    'connects to the control plane by TCP',
    `connectTo({ port: Number(new URL(ctx.http.origin).port), host: '127.0.0.1' })`,
  ],
  ['connects out by TCP', `connectTo({ port: 80, host: '1.1.1.1' })`],
  ['connects to the metadata address', `connectTo({ port: 80, host: '169.254.169.254' })`],
  ['resolves a name by UDP', `(await import('node:dns/promises')).resolve4('example.com')`],
  ['starts a program', `(await import('node:child_process')).execFileSync('/bin/true')`],
  ['starts a fork bomb', `(await import('node:child_process')).fork(import.meta.filename)`],
  ['starts a program through the context', `ctx.exec(['id'], { timeoutMs: 1000 })`],
  ['starts a thread', `new (await import('node:worker_threads')).Worker('1', { eval: true })`],
  ['loads a native addon', `(await import('node:module')).createRequire(import.meta.url)('/tmp/x.node')`],
  ['opens a shared library', `process.dlopen({ exports: {} }, '/lib/x86_64-linux-gnu/libc.so.6')`],
  ['reaches internal bindings', `process.binding('spawn_sync')`],
  ['changes its folder', `process.chdir('/')`],
  ['becomes another user', `process.setuid(0)`],
  ['ends the control plane', `process.kill(controlPlane, 'SIGTERM')`],
  ['opens the inspector', `(await import('node:inspector')).open(9229)`],
  ['fetches from a host that was not granted', `ctx.fetch('https://example.com/')`],
  ['fetches from this machine', `ctx.fetch(ctx.http.origin + '/healthz')`],
  ['fetches a file', `ctx.fetch('file:///etc/passwd')`],
  [
    'calls a service that was not granted',
    `ctx.services.get({ name: 'identity', methods: { authenticate: { input: true, output: true } } }).authenticate({}, { principal: ctx.principal(null) })`,
  ],
  [
    'calls a capability that was not granted',
    `ctx.agents.call('x', { name: 'build.docker', input: true, output: true, timeoutMs: 1000 }, {})`,
  ],
  ['starts a task on a node', `ctx.agents.startTask('x', { name: 'build.docker' }, 't', {})`],
  [
    'acts as a principal that it made up',
    `ctx.services.get({ name: 'identity', methods: { authenticate: { input: true, output: true } } }).authenticate({}, { principal: { kind: 'system', id: 'system', name: 'system', organisation: null, permissions: ['*'], via: 'internal' } })`,
  ],
  [
    'tells an event of another plugin',
    `ctx.store.system('x').transaction(async (unit) => unit.emit({ name: 'project.created', topics: () => [] }, {}))`,
  ],
  ['runs a hook of another plugin', `ctx.hooks.run({ name: 'deploy.gate', kind: 'gate', payload: true }, {})`],
  ['opens a secret of another owner', `ctx.secrets.open('other', ctx.secrets.seal('own', 'text'))`],
];

/** Ways to fail the set-up, each a body of `setup`, with the code of the cause that the admin reads. */
export const refusedSetups: readonly (readonly [name: string, body: string, code: RegExp])[] = [
  ['claims the segment of another', `route(ctx, '/neighbours/mine', async () => 1);`, /SEGMENT_NOT_CLAIMED/],
  [
    'claims a root of another',
    `ctx.http.raw({ methods: ['GET'], path: '/git/x', root: true, public: true, summary: 'x', accepts: ['*'], maxBytes: 1, handler: async () => new Response('') });`,
    /SEGMENT_NOT_CLAIMED/,
  ],
  [
    'registers a route without a permission',
    `ctx.http.route({ method: 'GET', path: '/hostiles/open', summary: 'x', response: true, handler: async () => 1 });`,
    /ROUTE_PERMISSION_MISSING/,
  ],
  [
    'invents a permission',
    `ctx.http.route({ method: 'GET', path: '/hostiles/open', permission: 'god:mode', summary: 'x', response: true, handler: async () => 1 });`,
    /PERMISSION_UNKNOWN/,
  ],
  [
    'climbs out by the path of a route',
    `ctx.http.route({ method: 'GET', path: '/hostiles/../plugins', public: true, summary: '\u0000', response: true, handler: async () => 1 });\nctx.http.route({ method: 'GET', path: '/hostiles/%2e%2e', public: true, summary: 'x', response: true, handler: async () => 1 });`,
    /INVALID/,
  ],
  [
    'taps a gate that was not granted',
    `ctx.hooks.tap({ name: 'deploy.gate', kind: 'gate', payload: true }, () => new Promise(() => {}));`,
    /GRANT_MISSING/,
  ],
  [
    'listens to events that were not granted',
    `ctx.events.on({ name: 'project.created' }, async () => {});`,
    /GRANT_MISSING/,
  ],
  [
    'provides the service of another',
    `ctx.services.provide({ name: 'identity', methods: { authenticate: { input: true, output: true } } }, {}, { id: 'auth' });`,
    /GRANT_MISSING/,
  ],
  ['throws in set-up', `throw new Error('no');`, /CONFLICT_PLUGIN_FAILED/],
  ['loops in set-up', `for (;;);`, /PLUGIN_SILENT/],
  ['exits in set-up', `process.exit(0);`, /PLUGIN_CRASHED|PLUGIN_GONE/],
  [
    'registers without end',
    `for (let n = 0; n < 2000; n++) route(ctx, '/hostiles/' + n, async () => n);`,
    /REGISTRATION_REFUSED|PLUGIN_BUSY/,
  ],
];

/** Ways to break the rules of the channel while on: a body of `setup`, and what the admin reads then. */
export const breaches: readonly (readonly [name: string, body: string, code: RegExp])[] = [
  [
    'sends a frame that is too large',
    `route(ctx, '/hostiles/go', async () => { raw(Buffer.from([0x7f, 0xff, 0xff, 0xff, 1, 0, 0, 0, 1])); return 1; });`,
    /PLUGIN_CRASHED|PLUGIN_VIOLATIONS/,
  ],
  [
    'answers calls that nobody made',
    `route(ctx, '/hostiles/go', async () => { for (let n = 0; n < 50; n++) raw(frame(2, 1e6 + n, '{}')); return 1; });`,
    /QUARANTINED/,
  ],
  [
    'sends keys that reach prototypes',
    `route(ctx, '/hostiles/go', async () => { for (let n = 0; n < 50; n++) raw(frame(1, 5e5 + n, '{"op":"emit","data":{"__proto__":{"admin":true}}}')); return 1; });`,
    /QUARANTINED/,
  ],
  [
    'asks for operations that do not exist',
    `route(ctx, '/hostiles/go', async () => { for (let n = 0; n < 50; n++) raw(frame(1, 5e5 + n, '{"op":"constructor","data":{}}')); return 1; });`,
    /QUARANTINED/,
  ],
  [
    'acts for a request that is over',
    `route(ctx, '/hostiles/go', async () => { for (let n = 0; n < 50; n++) raw(frame(1, 5e5 + n, '{"op":"service.call","data":{"contract":"x","method":"y","as":{"request":"1"}}}')); return 1; });`,
    /QUARANTINED/,
  ],
];

/** Floods: a body of `setup` that goes on and on; everything else must go on too. */
export const floods: readonly (readonly [name: string, body: string])[] = [
  [
    'sends a million messages',
    `route(ctx, '/hostiles/go', async () => { let n = 0; const more = () => { for (let i = 0; i < 1000; i++) ctx.log.debug({}, 'x'); if ((n += 1000) < 1e6) setImmediate(more); }; more(); return 1; });`,
  ],
  [
    'tells a million events',
    `route(ctx, '/hostiles/go', async () => { let n = 0; const more = () => { for (let i = 0; i < 200; i++) ctx.store.system('x').transaction(async (unit) => unit.emit({ name: 'not.mine', topics: () => [] }, {})).catch(() => {}); if ((n += 200) < 1e6) setImmediate(more); }; more(); return 1; });`,
  ],
  [
    'floods the log',
    `route(ctx, '/hostiles/go', async () => { setInterval(() => { for (let i = 0; i < 1000; i++) console.log('x'.repeat(200)); }, 1); return 1; });`,
  ],
  [
    'writes a giant line',
    `route(ctx, '/hostiles/go', async () => { process.stdout.write('x'.repeat(5e7)); return 1; });`,
  ],
  ['gives a giant answer', `route(ctx, '/hostiles/go', async () => 'x'.repeat(5e7));`],
  ['never answers', `route(ctx, '/hostiles/go', () => new Promise(() => {}));`],
];

/** Helpers that the bodies use. */
export const tools = `
const net = await import('node:net');
const fs = await import('node:fs');
const controlPlane = ${process.pid};
const linkOut = () => { const link = ctx.directory + '/link' + Date.now(); fs.symlinkSync('/etc/passwd', link); return fs.readFileSync(link); };
const connectTo = (to) => new Promise((resolve, reject) => { const socket = net.connect(to); socket.once('connect', () => resolve('connected')); socket.once('error', reject); setTimeout(() => reject(new Error('no answer')), 700); });
const raw = (bytes) => { fs.writeSync(3, bytes); };
const frame = (kind, id, text) => { const body = Buffer.from(text); const head = Buffer.alloc(9); head.writeUInt32BE(body.length, 0); head.writeUInt8(kind, 4); head.writeUInt32BE(id, 5); return Buffer.concat([head, body]); };
`;
