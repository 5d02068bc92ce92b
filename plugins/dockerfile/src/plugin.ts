import { definePlugin } from '@containr/sdk';
import { Builder } from '@containr/sdk/contracts';
import { dockerfileText, planDockerfile } from './plan.ts';

/** Builds what a Dockerfile says: the `Builder` named `dockerfile`. */
export default definePlugin({
  setup(ctx) {
    ctx.services.provide(
      Builder,
      {
        async bid({ directory, settings }) {
          const path = settings.dockerfile ?? 'Dockerfile';
          const there = dockerfileText(directory, path) !== null;
          return there || settings.builder === 'dockerfile' ? { score: 90, reason: `${path} is there` } : { score: 0, reason: `there is no ${path}` };
        },
        async plan({ directory, settings, runtime }) {
          return planDockerfile(directory, settings, runtime);
        },
      },
      { id: 'dockerfile' },
    );
  },
});
