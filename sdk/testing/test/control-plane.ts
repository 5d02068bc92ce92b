import { createPlatform } from '@containr/kernel';
import { defineJob, definePlugin, Empty } from '@containr/sdk';
import { createLogger } from '@containr/sdk/host';

/** A control plane in a process of its own that says which one it is; takes over, and retires when it is told to. */
const { DATA = '', DATABASE = '', TAKES_OVER, GENERATION = '' } = process.env;
const Work = defineJob({ name: 'who.work', input: Empty, summary: 'Tells which process works' });
const platform = await createPlatform({
  data: DATA,
  databaseUrl: DATABASE,
  log: createLogger({ level: 'silent' }),
  drainMs: 3000,
  // A test asks more often than a visitor.
  settings: { kernel: { anonymousPerMinute: 1_000_000 } },
  ...(TAKES_OVER ? { takesOver: Number(TAKES_OVER) } : {}),
  plugins: [
    {
      name: 'who',
      version: '1.0.0',
      directory: '/nowhere',
      manifest: { displayName: 'Who', requires: {}, permissions: {}, segments: ['who'], roots: [], programs: {} },
      load: async () =>
        definePlugin({
          setup(ctx) {
            const common = { method: 'GET', public: true, response: {} } as const;
            ctx.http.route({
              ...common,
              path: '/who',
              summary: 'Which process answers',
              handler: async () => GENERATION,
            });
            ctx.http.route({
              ...common,
              path: '/who/slowly',
              summary: 'The same after a second',
              handler: async () => new Promise((resolve) => setTimeout(() => resolve(GENERATION), 1000)),
            });
            ctx.jobs.handle(Work, async () => void process.send?.({ worked: GENERATION }));
            ctx.http.route({
              ...common,
              method: 'POST',
              path: '/who/works',
              summary: 'Has some process work',
              handler: async () => {
                await ctx.store.system('a test').transaction((unit) => unit.enqueue(Work, {}));
                return GENERATION;
              },
            });
            ctx.http.events({
              path: '/who/stream',
              public: true,
              summary: 'Which process streams',
              async *open({ signal }) {
                yield { id: GENERATION, data: GENERATION };
                await new Promise((resolve) => signal.addEventListener('abort', resolve));
              },
            });
          },
        }),
    },
  ],
});
process.on('message', (message) => {
  if (message === 'retire') void platform.retire().then(() => process.exit(0));
});
process.send?.({ ready: platform.origin });
