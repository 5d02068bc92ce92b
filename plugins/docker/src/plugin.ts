import { definePlugin } from '@containr/sdk';

export default definePlugin({
  setup(ctx) {
    ctx.log.info({}, 'The docker runtime is served by the agents of nodes with an engine');
  },
});
