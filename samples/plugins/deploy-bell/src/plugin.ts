import { ServiceCreated, ServiceDeleted } from '@containr/plugin-projects/contract';
import { ContainrError, definePlugin } from '@containr/sdk';
import { Ring } from './message.ts';

/** Tells a chat what happens to services. */
export default definePlugin({
  settings: {
    type: 'object',
    properties: { webhook: { type: 'string', default: '', writeOnly: true, title: 'Address of the chat’s webhook' } },
    required: ['webhook'],
    additionalProperties: false,
  },
  setup(ctx) {
    let rung = 0;
    ctx.settings.onChange(() => ctx.log.info({}, 'The bell rings elsewhere'));

    // Delivering is the job's: an event is over when its handler is, and a chat may be down for long.
    const say = (text: string): Promise<void> =>
      ctx.store.system('a line for the chat').transaction(({ enqueue }) => enqueue(Ring, { text }, { maxAttempts: 5 }));
    ctx.events.on(ServiceCreated, () => say('A service was made'));
    ctx.events.on(ServiceDeleted, () => say('A service was deleted'));

    ctx.jobs.handle(Ring, async ({ input, signal }) => {
      const { webhook } = ctx.settings.current;
      if (webhook === '') return;
      const answer = await ctx.fetch(webhook, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(input),
        signal,
      });
      if (!answer.ok)
        throw new ContainrError({
          code: 'BELL_REFUSED',
          status: 502,
          detail: `The chat answered ${answer.status}.`,
          hint: 'Check the address of the webhook in the settings of Deploy bell.',
        });
      rung += 1;
    });

    ctx.http.route({
      method: 'GET',
      path: '/deploy-bell',
      permission: 'deploy-bell:read',
      summary: 'Whether the bell is set, and how often it rang since it was switched on',
      response: {
        type: 'object',
        properties: { set: { type: 'boolean' }, rung: { type: 'integer' } },
        required: ['set', 'rung'],
        additionalProperties: false,
      },
      handler: async () => ({ set: ctx.settings.current.webhook !== '', rung }),
    });
  },
});
