import { definePlugin } from '@containr/sdk';

export default definePlugin({
  setup(ctx) {
    ctx.log.info({}, 'HAProxy is served by the agents of nodes that have it; the setting "ingress" chooses it');
  },
});
