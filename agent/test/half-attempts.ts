/** Things that a hostile half tries, each an expression in its process; it must throw or reject with that code. */
export const attempts: readonly (readonly [name: string, expression: string, code: RegExp])[] = [
  ['reads /etc/passwd', `fs.readFileSync('/etc/passwd')`, /ERR_ACCESS_DENIED/],
  ['reads the key of the node', `fs.readFileSync(agent.directory + '/../../key.pem')`, /ERR_ACCESS_DENIED/],
  ['reads the halves of others', `fs.readdirSync(agent.directory + '/../../halves')`, /ERR_ACCESS_DENIED/],
  ['reads what ran last', `fs.readFileSync(agent.directory + '/../../halves.json')`, /ERR_ACCESS_DENIED/],
  ['reads tasks of others', `fs.readdirSync(agent.directory + '/../../tasks')`, /ERR_ACCESS_DENIED/],
  ['reads the folder of another plugin', `fs.readdirSync(agent.directory + '/../test')`, /ERR_ACCESS_DENIED/],
  ['changes its own code', `fs.writeFileSync(new URL(import.meta.url), 'x')`, /ERR_ACCESS_DENIED/],
  ['writes to /tmp', `fs.writeFileSync('/tmp/hostile-half-was-here', 'x')`, /ERR_ACCESS_DENIED/],
  ['connects to the container engine', `connectTo({ path: '/var/run/docker.sock' })`, /EACCES|ENOENT/],
  ['connects to the control plane', `connectTo({ host: '127.0.0.1', port: controlPort })`, /ENETUNREACH|ECONNREFUSED/],
  ['connects out', `connectTo({ host: '1.1.1.1', port: 80 })`, /ENETUNREACH|EPERM/],
  ['connects to the metadata address', `connectTo({ host: '169.254.169.254', port: 80 })`, /ENETUNREACH/],
  ['fetches from outside', `fetch('http://1.1.1.1/')`, /TypeError fetch failed/],
  ['starts a program', `(await import('node:child_process')).execFileSync('/bin/true')`, /ERR_ACCESS_DENIED/],
  ['starts a program through the context', `agent.exec(['id'], { timeoutMs: 1000 })`, /EXEC_ISOLATED/],
  ['asks for one of its programs', `agent.program('tool')`, /EXEC_ISOLATED/],
  ['starts a thread', `new (await import('node:worker_threads')).Worker('1', { eval: true })`, /ERR_ACCESS_DENIED/],
  ['becomes another user', `process.setuid(0)`, /EPERM/],
  ['ends the agent', `process.kill(agentPid, 'SIGTERM')`, /ESRCH|EPERM/],
  ['opens the debugger of the agent', `process._debugProcess(agentPid)`, /ESRCH|EPERM/],
  ['raises its own priority', `(await import('node:os')).setPriority(0, -10)`, /ERR_SYSTEM_ERROR/],
  ['reads the environment of another', `fs.readFileSync('/proc/1/environ')`, /ERR_ACCESS_DENIED/],
  ['asks a path of another plugin as this node', `agent.fetch('/api/v1/nodes', signal)`, /FETCH_REFUSED/],
  [
    'asks for the code of other halves as this node',
    `agent.fetch('/api/v1/agents/halves/' + '0'.repeat(64), signal)`,
    /FETCH_REFUSED/,
  ],
  ['climbs out of its paths', `agent.fetch('/api/v1/hostiles/..%2fnodes/../../nodes', signal)`, /FETCH_REFUSED/],
  ['asks another host', `ask('fetch', { path: 'http://1.1.1.1/' })`, /INVALID/],
  ['pulls a stream that is not its own', `ask('body.next', { body: 1 })`, /NOT_FOUND/],
  [
    'reports for another node',
    `ask('report', { name: 'disk.seen', payload: {}, node: '018f4a00-0000-7000-8000-000000000000' })`,
    /INVALID/,
  ],
  ['reports what other plugins report', `ask('report', { name: 'test/test.greeted', payload: {} })`, /INVALID/],
  ['reports more than a report holds', `report('disk.seen', 'x'.repeat(70000))`, /TOO_LARGE/],
  [
    'ends a task of another plugin',
    `ask('task.end', { capability: 'count.test', task: 'task-1', outcome: { status: 'done', output: {} } })`,
    /NOT_FOUND/,
  ],
  ['registers as another plugin', `ask('capability', { ref: 900, name: 'test/echo.test', timeoutMs: 1 })`, /INVALID/],
  [
    'registers by the name of another half',
    `ask('capability', { ref: 901, name: '__proto__', timeoutMs: 1 })`,
    /INVALID/,
  ],
  ['registers one number twice', `ask('capability', { ref: 1, name: 'again', timeoutMs: 1 })`, /REGISTRATION_REFUSED/],
  ['asks for what is every object’s', `ask('constructor', {})`, /NOT_FOUND/],
  [
    'sets the prototype of all',
    `ask('report', JSON.parse('{"name":"disk.seen","payload":{"constructor":{"prototype":{"admin":true}}}}'))`,
    /PLUGIN_MESSAGE/,
  ],
];

/** Helpers that the bodies use; `agentPid` and `controlPort` are told by the test. */
export function tools(agentPid: number, controlPort: string): string {
  return `
const fs = await import('node:fs');
const net = await import('node:net');
const agentPid = ${agentPid};
const controlPort = ${controlPort};
const signal = AbortSignal.timeout(30000);
const connectTo = (to) => new Promise((resolve, reject) => { const socket = net.connect(to); socket.once('connect', () => resolve('connected')); socket.once('error', reject); setTimeout(() => reject(new Error('no answer')), 700); });
const raw = (bytes) => { fs.writeSync(3, bytes); };
const frame = (kind, id, text) => { const body = Buffer.from(text); const head = Buffer.alloc(9); head.writeUInt32BE(body.length, 0); head.writeUInt8(kind, 4); head.writeUInt32BE(id, 5); return Buffer.concat([head, body]); };
const { Peer } = await import(process.argv[1].replace(/agent.(\\w+).apart.child.main(\\.\\w+)$/, 'foundation/cell/$1/peer$2'));
let peer;
const { notify } = Peer.prototype;
Peer.prototype.notify = function (...given) { peer = this; return notify.apply(this, given); };
agent.log.debug({}, 'it has the channel now');
const ask = (op, data) => peer.call(op, data);
const report = (name, payload) => agent.report({ type: 'report', name, payload: true }, payload);
const grow = async (piece) => { const all = []; for (;;) { all.push(piece(all.length)); await new Promise(setImmediate); } };
serve('well', async () => 'well');
`;
}

/** Ways to hang, grow, end or break rules; a body with the capability `go`, and what the admin reads then. */
export const faults: readonly (readonly [name: string, body: string, code: RegExp])[] = [
  ['loops', `serve('go', async () => { for (;;); });`, /PLUGIN_SILENT/],
  [
    'loops in microtasks',
    `serve('go', async () => { const on = () => Promise.resolve().then(on); on(); });`,
    /PLUGIN_SILENT|PLUGIN_MEMORY/,
  ],
  [
    'blocks on a lock',
    `serve('go', async () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); });`,
    /PLUGIN_SILENT/,
  ],
  [
    'allocates 4 GB of objects',
    `serve('go', () => grow(() => new Array(1e5).fill({})));`,
    /PLUGIN_MEMORY|PLUGIN_SILENT/,
  ],
  ['allocates 4 GB of buffers', `serve('go', () => grow(() => Buffer.alloc(1e7, 1)));`, /PLUGIN_MEMORY|PLUGIN_SILENT/],
  ['exits', `serve('go', async () => process.exit(0));`, /PLUGIN_CRASHED/],
  [
    'throws where nobody catches',
    `serve('go', async () => { setTimeout(() => { throw new Error('x'); }, 0); });`,
    /PLUGIN_CRASHED/,
  ],
  ['closes its channel', `serve('go', async () => { fs.closeSync(3); });`, /PLUGIN_CRASHED/],
  [
    'gives its signs of life beforehand',
    `serve('go', async () => { fs.writeSync(4, Buffer.alloc(4096)); for (;;); });`,
    /PLUGIN_VIOLATIONS|QUARANTINED/,
  ],
  [
    'forges answers of calls that nobody made',
    `serve('go', async () => { for (let n = 0; n < 50; n++) raw(frame(2, 1e6 + n, '{"output":{"lines":1}}')); });`,
    /QUARANTINED/,
  ],
  [
    'writes lines of runs that are not its own',
    `serve('go', async () => { for (let n = 0; n < 50; n++) raw(frame(5, 0, JSON.stringify({ op: 'output', data: { run: 1e6, stream: 'stdout', lines: ['forged'] } }))); });`,
    /QUARANTINED/,
  ],
  [
    'asks for operations that do not exist',
    `serve('go', async () => { for (let n = 0; n < 50; n++) ask('task.end', {}).catch(() => {}); });`,
    /QUARANTINED/,
  ],
];

/** Ways to fail the set-up, each a body, with the code of the cause that the admin reads. */
export const refusedSetups: readonly (readonly [name: string, body: string, code: RegExp])[] = [
  ['throws', `throw new Error('no');`, /PLUGIN_FAULT/],
  ['loops', `for (;;);`, /PLUGIN_SILENT/],
  ['exits', `process.exit(0);`, /PLUGIN_CRASHED|PLUGIN_GONE/],
  [
    'registers without end',
    `for (let n = 0; n < 2000; n++) serve('n' + n, async () => n);`,
    /REGISTRATION_REFUSED|PLUGIN_BUSY/,
  ],
  ['serves one name twice', `serve('one', async () => 1); serve('one', async () => 2);`, /CAPABILITY_TAKEN/],
  ['serves by a name that is none', `serve('test/echo.test', async () => 1);`, /INVALID/],
];

/** Floods: a body with the capability `go` that goes on and on. */
export const floods: readonly (readonly [name: string, body: string])[] = [
  [
    'reports a million times',
    `serve('go', async () => { let n = 0; const more = () => { for (let i = 0; i < 200; i++) report('disk.seen', { n: n++ }).catch(() => {}); if (n < 1e6) setImmediate(more); }; more(); });`,
  ],
  [
    'writes a million lines of a task',
    `serve('go', async (input, io) => { for (let n = 0; n < 1000; n++) { for (let i = 0; i < 1000; i++) io.output('x'.repeat(100)); await new Promise(setImmediate); } });`,
  ],
  [
    'floods the log',
    `serve('go', async () => { setInterval(() => { for (let i = 0; i < 1000; i++) console.log('x'.repeat(200)); }, 1); });`,
  ],
  [
    'writes a giant line',
    `serve('go', async (input, io) => { io.output('x'.repeat(5e7)); process.stdout.write('x'.repeat(5e7)); });`,
  ],
  ['gives a giant answer', `serve('go', async () => 'x'.repeat(5e7));`],
  ['never answers', `serve('go', () => new Promise(() => {}));`],
];
