import { ContainrError, definePlugin, shellCommand } from '@containr/sdk';
import { Builder, sourceReader } from '@containr/sdk/contracts';
import { targetsOf } from './makefile.ts';

const image = 'debian:bookworm-slim';

/** Builds what has a Makefile. */
export default definePlugin({
  setup(ctx) {
    ctx.services.provide(Builder, {
      async bid({ source, settings }, call) {
        if (settings.builder !== 'auto' && settings.builder !== ctx.plugin)
          return { score: 0, reason: `build.builder is ${settings.builder}` };
        const targets = await targetsOf(sourceReader(ctx, source, call));
        if (!targets) return { score: 0, reason: 'there is no Makefile' };
        if (settings.builder === ctx.plugin) return { score: 100, reason: `build.builder is ${ctx.plugin}` };
        return targets.has('start')
          ? { score: 70, reason: 'the Makefile has the target start' }
          : { score: 0, reason: 'the Makefile has no target start' };
      },
      async plan({ source, settings, variables }, call) {
        const targets = await targetsOf(sourceReader(ctx, source, call));
        const start = settings.startCommand ?? (targets?.has('start') ? 'make start' : null);
        if (!targets || start === null)
          throw new ContainrError({
            code: 'PLAN_NOT_FOUND',
            status: 422,
            detail: targets ? 'The Makefile has no target start.' : 'The source has no Makefile.',
            hint: 'Add a Makefile with the target start, or set the start command of the service.',
          });
        const build = settings.buildCommand ?? (targets.has('build') ? 'make build' : null);
        return {
          builder: ctx.plugin,
          provider: 'make',
          runtimes: [],
          packages: ['make'],
          install: settings.installCommand === null ? [] : [settings.installCommand],
          build: build === null ? [] : [build],
          start,
          staticRoot: null,
          port: null,
          variables,
          caches: [],
          toolchains: [],
          dockerfile: dockerfileOf(settings.installCommand, build, start),
          dockerfilePath: null,
          target: null,
          baseImages: [image],
          why: [
            {
              what: `start: ${start}`,
              from: settings.startCommand === null ? 'the Makefile' : 'the service’s settings',
            },
          ],
        };
      },
    });
  },
});

function dockerfileOf(install: string | null, build: string | null, start: string): string {
  const steps = [install, build].filter((step) => step !== null);
  return [
    `FROM ${image}`,
    'RUN apt-get update && apt-get install --yes --no-install-recommends make && rm -rf /var/lib/apt/lists/*',
    'WORKDIR /app',
    'COPY . .',
    // The commands are the user's own: data, which a shell reads inside the build only.
    ...steps.map((step) => `RUN ${JSON.stringify(shellCommand(step))}`),
    `CMD ${JSON.stringify(shellCommand(`exec ${start}`))}`,
    '',
  ].join('\n');
}
