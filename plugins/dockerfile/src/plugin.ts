import { definePlugin } from '@containr/sdk';
import type { SourceReader } from '@containr/sdk/contracts';
import { Builder, sourceReader } from '@containr/sdk/contracts';
import { dockerfileInvalid } from './dockerfile-error.ts';
import { planDockerfile } from './plan.ts';
import { addRoutes } from './routes.ts';

const usual = 'Dockerfile';
const largest = 1 << 20;

/** Builds what a Dockerfile says, and judges it. */
export default definePlugin({
  setup(ctx) {
    addRoutes(ctx);
    ctx.services.provide(
      Builder,
      {
        async bid({ source, settings }, call) {
          const path = settings.dockerfile ?? usual;
          if (settings.builder === 'dockerfile') return { score: 100, reason: 'build.builder is dockerfile' };
          if (settings.builder !== 'auto') return { score: 0, reason: `build.builder is ${settings.builder}` };
          if (settings.dockerfile !== null) return { score: 100, reason: `build.dockerfile is ${path}` };
          const there = (await textOf(sourceReader(ctx, source, call), path)) !== null;
          return { score: there ? 90 : 0, reason: there ? 'the source has a Dockerfile' : 'there is no Dockerfile' };
        },
        async plan({ source, settings, variables, runtime }, call) {
          const path = settings.dockerfile ?? usual;
          const text = await textOf(sourceReader(ctx, source, call), path);
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

/** Text of a file; `null` when it is not there or larger than 1 MiB. */
async function textOf(source: SourceReader, path: string): Promise<string | null> {
  const found = await source.read(path, largest);
  return found === null || found.size > largest ? null : Buffer.from(found.bytes).toString('utf8');
}
