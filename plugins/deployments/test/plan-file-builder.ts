import { ContainrError, definePlugin } from '@containr/sdk';
import type { BuildPlan } from '@containr/sdk/contracts';
import { Builder, sourceReader } from '@containr/sdk/contracts';
import type { PluginPackage } from '@containr/kernel';

/** A builder whose plan is in the source itself: `plan.json` with `install`, `build` and `start`. */
export const planFileBuilder: PluginPackage = {
  name: 'plan-file',
  version: '0.1.0',
  directory: import.meta.dirname,
  manifest: { displayName: 'Plan file', requires: {}, permissions: {}, segments: [], roots: [], programs: {} },
  load: async () =>
    definePlugin({
      setup(ctx) {
        ctx.services.provide(
          Builder,
          {
            bid: async ({ source }, call) =>
              (await sourceReader(ctx, source, call).text('plan.json')) !== null
                ? { score: 100, reason: 'has plan.json' }
                : { score: 0, reason: 'has no plan.json' },
            async plan({ source }, call): Promise<BuildPlan> {
              const given = JSON.parse((await sourceReader(ctx, source, call).text('plan.json')) ?? '') as {
                install?: string[];
                build?: string[];
                start?: string;
                dockerfile?: string;
                refuse?: string;
              };
              if (given.refuse !== undefined)
                throw new ContainrError({
                  code: given.refuse,
                  status: 409,
                  detail: 'The plan file refuses.',
                  hint: 'Change it.',
                });
              return {
                builder: 'plan-file',
                provider: 'test',
                runtimes: [],
                packages: [],
                install: given.install ?? [],
                build: given.build ?? [],
                start: given.start ?? 'node server.mjs',
                staticRoot: null,
                port: null,
                variables: {},
                caches: [],
                toolchains: [],
                dockerfile: given.dockerfile ?? null,
                dockerfilePath: null,
                target: null,
                baseImages: [],
                why: [{ what: 'start', from: 'plan.json' }],
              };
            },
          },
          { id: 'plan-file' },
        );
      },
    }),
};
