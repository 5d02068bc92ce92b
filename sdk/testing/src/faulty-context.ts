import type { Client, Methods, PluginContext, ScopedStore } from '@containr/sdk';
import type { FaultPoint } from './faults.ts';

type Reach = (point: FaultPoint, name: string) => Promise<void>;

/** A plugin's context whose parts reach the fault points on their way. What is not named there is the context's own. */
export function faultyContext(ctx: PluginContext, reach: Reach): PluginContext {
  const scoped = (store: ScopedStore): ScopedStore => ({
    async transaction(work) {
      await reach('store.begin', ctx.plugin);
      return store.transaction(async (unit) => {
        const result = await work(unit);
        await unit.em.flush();
        await reach('store.commit', ctx.plugin);
        return result;
      });
    },
  });
  const through = <M extends Methods>(contract: string, client: Client<M>): Client<M> =>
    new Proxy(client, {
      get(target, method, receiver) {
        const call: unknown = Reflect.get(target, method, receiver);
        if (typeof call !== 'function') return call;
        return async (...input: readonly unknown[]): Promise<unknown> => {
          await reach('service.call', `${contract}.${String(method)}`);
          return Reflect.apply(call, target, input) as unknown;
        };
      },
    });
  const parts: Partial<PluginContext> = {
    store: {
      for: (principal) => scoped(ctx.store.for(principal)),
      system: (reason) => scoped(ctx.store.system(reason)),
    },
    agents: {
      ...ctx.agents,
      async call(node, capability, input, options) {
        await reach('agent.call', capability.name);
        return ctx.agents.call(node, capability, input, options);
      },
      async startTask(node, capability, task, input) {
        await reach('agent.start-task', capability.name);
        return ctx.agents.startTask(node, capability, task, input);
      },
    },
    events: {
      define: (event) => ctx.events.define(event),
      on: (event, handler) =>
        ctx.events.on(event, async (delivered) => {
          await reach('event.deliver', event.name);
          return handler(delivered);
        }),
    },
    jobs: {
      handle: (job, handler, options) =>
        ctx.jobs.handle(
          job,
          async (run) => {
            await reach('job.run', job.name);
            return handler(run);
          },
          options,
        ),
    },
    hooks: {
      ...ctx.hooks,
      async run(hook, payload, options) {
        await reach('hook.run', hook.name);
        return ctx.hooks.run(hook, payload, options);
      },
    },
    services: {
      provide: (contract, implementation, options) => ctx.services.provide(contract, implementation, options),
      get: (contract) => through(contract.name, ctx.services.get(contract)),
      providers: (contract) =>
        ctx.services.providers(contract).map((one) => ({ ...one, client: through(contract.name, one.client) })),
    },
    async fetch(input, init) {
      await reach('fetch', new URL(input instanceof Request ? input.url : input).hostname);
      return ctx.fetch(input, init);
    },
    async exec(argv, options) {
      await reach('exec', argv[0]);
      return ctx.exec(argv, options);
    },
  };
  // Inherited, so that what is read late (`settings.current`, `signal`) is still read late.
  return Object.create(ctx, Object.getOwnPropertyDescriptors(parts)) as PluginContext;
}
