/** Things that a hostile plugin tries, each an expression in its process; it must throw or reject with that code, so it ran and was refused. */
export const attempts: readonly (readonly [name: string, expression: string, code: RegExp])[] = [
  ['reads /etc/passwd', `(await import('node:fs')).readFileSync('/etc/passwd', 'utf8')`, /ERR_ACCESS_DENIED/],
  [
    'reads the key ring',
    `(await import('node:fs')).readFileSync(ctx.directory + '/../../keys/keys.json', 'utf8')`,
    /ERR_ACCESS_DENIED/,
  ],
  [
    'lists the folders of other plugins',
    `(await import('node:fs')).readdirSync(ctx.directory + '/..')`,
    /ERR_ACCESS_DENIED/,
  ],
  [
    'reads the folder of another plugin',
    `(await import('node:fs')).readdirSync(ctx.directory + '/../neighbour')`,
    /ERR_ACCESS_DENIED/,
  ],
  [
    'writes into its package',
    `(await import('node:fs')).writeFileSync(new URL('./plugin.js', import.meta.url), 'x')`,
    /ERR_ACCESS_DENIED/,
  ],
  ['writes to /tmp', `(await import('node:fs')).writeFileSync('/tmp/hostile-was-here', 'x')`, /ERR_ACCESS_DENIED/],
  ['makes a symbolic link out of its folder', `linkOut()`, /ERR_ACCESS_DENIED/],
  [
    'reads the control plane’s memory',
    `(await import('node:fs')).readFileSync('/proc/1/environ')`,
    /ERR_ACCESS_DENIED/,
  ],
  ['reads the console socket', `connectTo({ path: ctx.directory + '/../../console.sock' })`, /EACCES|ENOENT/],
  ['connects to the container engine', `connectTo({ path: '/var/run/docker.sock' })`, /EACCES|ENOENT/],
  [
    'connects to the control plane by TCP',
    `connectTo({ port: Number(new URL(ctx.http.origin).port), host: '127.0.0.1' })`,
    /ENETUNREACH|ECONNREFUSED/,
  ],
  ['connects out by TCP', `connectTo({ port: 80, host: '1.1.1.1' })`, /ENETUNREACH|EPERM/],
  ['connects to the metadata address', `connectTo({ port: 80, host: '169.254.169.254' })`, /ENETUNREACH/],
  [
    'resolves a name by UDP',
    `(await import('node:dns/promises')).resolve4('example.com')`,
    /ECONNREFUSED|ETIMEOUT|ESERVFAIL|ENOTFOUND/,
  ],
  ['starts a program', `(await import('node:child_process')).execFileSync('/bin/true')`, /ERR_ACCESS_DENIED/],
  ['starts a fork bomb', `(await import('node:child_process')).fork(import.meta.filename)`, /ERR_ACCESS_DENIED/],
  ['starts a program through the context', `ctx.exec(['id'], { timeoutMs: 1000 })`, /EXEC_ISOLATED/],
  ['starts a thread', `new (await import('node:worker_threads')).Worker('1', { eval: true })`, /ERR_ACCESS_DENIED/],

  [
    'opens a shared library',
    `process.dlopen({ exports: {} }, '/lib/x86_64-linux-gnu/libc.so.6')`,
    /ERR_DLOPEN_DISABLED/,
  ],
  ['reaches internal bindings', `process.binding('spawn_sync')`, /ERR_ACCESS_DENIED/],
  ['changes its folder', `process.chdir('/')`, /ERR_ACCESS_DENIED/],
  ['becomes another user', `process.setuid(0)`, /EPERM/],
  ['ends the control plane', `process.kill(controlPlane, 'SIGTERM')`, /ESRCH|EPERM/],
  ['opens the inspector', `(await import('node:inspector')).open(9229)`, /ERR_ACCESS_DENIED/],
  ['fetches from a host that was not granted', `ctx.fetch('https://example.com/')`, /GRANT_MISSING/],
  ['fetches from this machine', `ctx.fetch(ctx.http.origin + '/healthz')`, /GRANT_MISSING/],
  ['fetches a file', `ctx.fetch('file:///etc/passwd')`, /FETCH_REFUSED/],
  [
    'calls a service that was not granted',
    `ctx.services.get({ name: 'identity', methods: { authenticate: { input: true, output: true } } }).authenticate({}, { principal: ctx.principal(null) })`,
    /GRANT_MISSING/,
  ],
  [
    'calls a capability that was not granted',
    `ctx.agents.call('x', { name: 'build.docker', input: true, output: true, timeoutMs: 1000 }, {})`,
    /GRANT_MISSING/,
  ],
  [
    'starts a task on a node',
    `ctx.agents.startTask('x', { name: 'build.docker', input: true }, 't', {})`,
    /GRANT_MISSING/,
  ],
  [
    'starts a task by a name that is a path',
    `ask('task.start', { node: 'x', capability: 'build.docker', task: '../t', input: {} })`,
    /INVALID/,
  ],
  ['asks how the task of another goes, on no node', `ctx.agents.taskStatus('x', 't')`, /NODE_UNREACHABLE/],
  ['keeps more than a value may be', `ctx.live.cache.set('a', 'x'.repeat(40_000), 1000)`, /TOO_LARGE/],
  ['keeps a value for ever', `ctx.live.cache.set('a', 1, 1e12)`, /INVALID/],
  [
    'counts by more keys than it may',
    `(async () => { for (let n = 0; n < 2000; n++) await ctx.live.limits.take('n' + n, { limit: 1, windowMs: 1000 }); })()`,
    /PLUGIN_BUSY/,
  ],
  ['counts without an end', `ctx.live.limits.take('a', { limit: 1, windowMs: 1e15 })`, /INVALID/],
  [
    'acts as a principal that it made up',
    `ctx.services.get({ name: 'identity', methods: { authenticate: { input: true, output: true } } }).authenticate({}, { principal: { kind: 'system', id: 'system', name: 'system', organisation: null, permissions: ['*'], via: 'internal' } })`,
    /PRINCIPAL_FORGED/,
  ],
  [
    'tells an event of another plugin',
    `ctx.store.system('x').transaction(async (unit) => unit.emit({ name: 'project.created', topics: () => [] }, {}))`,
    /EVENT_FORGED/,
  ],
  [
    'runs a hook of another plugin',
    `ctx.hooks.run({ name: 'deploy.gate', kind: 'gate', payload: true }, {})`,
    /HOOK_NOT_OWNED/,
  ],
  [
    'reads a file by a context of its own',
    `(await import('node:vm')).runInThisContext("process.getBuiltinModule('fs').readFileSync('/etc/passwd')")`,
    /ERR_ACCESS_DENIED/,
  ],
  [
    'opens a database file past the permission model',
    `new (await import('node:sqlite')).DatabaseSync('/tmp/hostile-was-here')`,
    /ERR_UNKNOWN_BUILTIN_MODULE/,
  ],
  [
    'reads a file by WASI',
    `new (await import('node:wasi')).WASI({ version: 'preview1', preopens: { '/': '/' } })`,
    /ERR_ACCESS_DENIED/,
  ],
  ['writes a report to /tmp', `process.report.writeReport('/tmp/hostile-was-here')`, /ERR_ACCESS_DENIED/],
  [
    'writes its heap to /tmp',
    `(await import('node:v8')).writeHeapSnapshot('/tmp/hostile-was-here')`,
    /ERR_ACCESS_DENIED/,
  ],
  [
    'registers a loader, which is a thread',
    `(await import('node:module')).register('data:text/javascript,')`,
    /ERR_ACCESS_DENIED/,
  ],
  ['lists its descriptors', `fs.readdirSync('/proc/self/fd')`, /ERR_ACCESS_DENIED/],
  ['copies a file into its folder', `fs.cpSync('/etc/passwd', ctx.directory + '/copy')`, /ERR_ACCESS_DENIED/],
  ['makes a hard link out of its folder', `fs.linkSync('/etc/passwd', ctx.directory + '/hard')`, /ERR_ACCESS_DENIED/],
  ['opens the debugger of the control plane', `process._debugProcess(controlPlane)`, /ESRCH|EPERM/],
  [
    'lowers the priority of the control plane',
    `(await import('node:os')).setPriority(controlPlane, 19)`,
    /ERR_SYSTEM_ERROR/,
  ],
  ['raises its own priority', `(await import('node:os')).setPriority(0, -10)`, /ERR_SYSTEM_ERROR/],
  ['fetches by a decimal address', `ctx.fetch('http://2130706433/')`, /GRANT_MISSING/],
  ['fetches by an octal address', `ctx.fetch('http://0177.0.0.1/')`, /GRANT_MISSING/],
  ['fetches by a mapped address', `ctx.fetch('http://[::ffff:127.0.0.1]/')`, /GRANT_MISSING/],

  ['fetches the metadata of the machine', `ctx.fetch('http://169.254.169.254/latest/meta-data')`, /GRANT_MISSING/],

  [
    'opens a secret of another owner',
    `ctx.secrets.open('other', ctx.secrets.seal('own', 'text'))`,
    /SECRET_UNREADABLE/,
  ],
  [
    'loads a native addon',
    `(await import('node:module')).createRequire(import.meta.url)('./addon.node')`,
    /ERR_DLOPEN_DISABLED/,
  ],
  [
    'fetches behind a user’s name, past the client',
    `ask('fetch', request('http://granted.example@127.0.0.1/'))`,
    /GRANT_MISSING.*"127.0.0.1"/,
  ],
  [
    'fetches behind a backslash, past the client',
    `ask('fetch', request('http://127.0.0.1\\\\@granted.example/'))`,
    /GRANT_MISSING.*"127.0.0.1"/,
  ],
  [
    'fetches by CONNECT, past the client',
    `ask('fetch', request('http://granted.example/', { method: 'CONNECT' }))`,
    /INVALID/,
  ],
  [
    'puts a line into a header, past the client',
    `ask('fetch', request('http://granted.example/', { headers: [['x-a', 'b\\r\\nhost: c']] }))`,
    /INVALID/,
  ],
  ['acts for a request that never was', `ask('store.open', { as: { request: 4e9 } })`, /PRINCIPAL_NOT_IN_FLIGHT/],
  [
    'tells an event of another plugin, past the client',
    `ask('emit', { event: 'project.created', payload: {}, topics: ['plugins'], organisation: null })`,
    /EVENT_FORGED/,
  ],
  [
    'calls the platform’s own service, past the client',
    `ask('service.call', { contract: 'identity', method: 'authenticate', input: {}, as: { organisation: null } })`,
    /GRANT_MISSING/,
  ],
  [
    'calls a method of every object',
    `ask('service.call', { contract: 'constructor', method: 'toString', input: {}, as: { organisation: null } })`,
    /GRANT_MISSING/,
  ],
  [
    'calls a capability, past the client',
    `ask('agents.call', { node: 'x', capability: 'exec', input: {}, timeoutMs: 1000 })`,
    /GRANT_MISSING/,
  ],
  ['pulls a stream that is not its own', `ask('body.next', { body: 1 })`, /NOT_FOUND/],
  [
    'asks of a transaction that is not its own',
    `ask('store.query', { session: 1, text: 'select 1', values: [] })`,
    /NOT_FOUND/,
  ],
  [
    'takes back what it did not register',
    `ask('register', { kind: 'tap', spec: { ref: 999, hook: 'deploy.gate', kind: 'gate', stage: 0 } })`,
    /GRANT_MISSING/,
  ],
  [
    'registers by a kind that is every object’s',
    `ask('register', { kind: 'constructor', spec: { ref: 999 } })`,
    /INVALID/,
  ],
  [
    'sets the prototype of all by a payload',
    `ask('emit', JSON.parse('{"event":"x","payload":{"constructor":{"prototype":{"admin":true}}},"topics":[],"organisation":null}'))`,
    /PLUGIN_MESSAGE/,
  ],
];

/** Helpers that the bodies use. */
export const tools = `
const net = await import('node:net');
const fs = await import('node:fs');
const controlPlane = ${process.pid};
const linkOut = () => { const link = ctx.directory + '/link' + Date.now(); fs.symlinkSync('/etc/passwd', link); return fs.readFileSync(link); };
const connectTo = (to) => new Promise((resolve, reject) => { const socket = net.connect(to); socket.once('connect', () => resolve('connected')); socket.once('error', reject); setTimeout(() => reject(new Error('no answer')), 700); });
const raw = (bytes) => { fs.writeSync(3, bytes); };
const { Peer } = await import(process.argv[1].replace(/isolation.(\\w+).child.main(\\.\\w+)$/, 'cell/$1/peer$2'));
let peer;
const { notify } = Peer.prototype;
Peer.prototype.notify = function (...given) { peer = this; return notify.apply(this, given); };
ctx.log.debug({}, 'it has the channel now');
const ask = (op, data) => peer.call(op, data);
const request = (url, more) => ({ url, method: 'GET', headers: [], body: null, redirect: 'follow', ...more });
const frame = (kind, id, text) => { const body = Buffer.from(text); const head = Buffer.alloc(9); head.writeUInt32BE(body.length, 0); head.writeUInt8(kind, 4); head.writeUInt32BE(id, 5); return Buffer.concat([head, body]); };
`;
