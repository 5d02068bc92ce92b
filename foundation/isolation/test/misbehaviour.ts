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
  ['never comes to an end with its set-up', `await new Promise(() => {});`, /CONFLICT_PLUGIN_FAILED|TIMEOUT|PLUGIN/],
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
