import { definePlugin } from '@containr/sdk';
import { Builder } from '@containr/sdk/contracts';
import { dockerfileInvalid } from './dockerfile-error.ts';
import { planDockerfile } from './plan.ts';
import { readInside } from './read-dockerfile.ts';
import { addRoutes } from './routes.ts';

const usual = 'Dockerfile';

/** Builds what a Dockerfile says, and judges it. */
export default definePlugin({
  setup(ctx) {
    addRoutes(ctx);
    ctx.services.provide(
      Builder,
      {
        async bid({ directory, settings }) {
          const path = settings.dockerfile ?? usual;
          if (settings.builder === 'dockerfile') return { score: 100, reason: 'build.builder is dockerfile' };
          if (settings.builder !== 'auto') return { score: 0, reason: `build.builder is ${settings.builder}` };
          if (settings.dockerfile !== null) return { score: 100, reason: `build.dockerfile is ${path}` };
          const there = (await readInside(directory, path)) !== null;
          return { score: there ? 90 : 0, reason: there ? 'the source has a Dockerfile' : 'there is no Dockerfile' };
        },
        async plan({ directory, settings, variables, runtime }) {
          const path = settings.dockerfile ?? usual;
          const text = await readInside(directory, path);
          if (text === null)
            throw dockerfileInvalid(
              path,
              null,
              'There is no such file in the source, or it is larger than 1 MiB.',
              'Add it, or set build.dockerfile to its path below the root directory.',
            );
          return planDockerfile({ path, text, settings, variables, runtime });
        },
      },
      { id: 'dockerfile' },
    );
  },
});
