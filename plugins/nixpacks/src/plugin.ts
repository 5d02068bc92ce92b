import { definePlugin } from '@containr/sdk';
import { Builder, sourceReader } from '@containr/sdk/contracts';
import { loadCatalogue } from './catalogue/load-catalogue.ts';
import { addRoutes } from './routes.ts';

/** Twenty languages are a megabyte or two of code that an idle install does not need. */
const planner = () => import('./plan/index.ts');

/** Detects the runtime of a source and plans its build. */
export default definePlugin({
  settings: {
    type: 'object',
    properties: {
      catalogueFile: {
        type: ['string', 'null'],
        default: null,
        description: 'Path of a runtime catalogue; empty for the built-in one',
      },
    },
    required: ['catalogueFile'],
    additionalProperties: false,
  },
  async setup(ctx) {
    const catalogue = await loadCatalogue(ctx.settings.current.catalogueFile);
    const platform = `${process.platform}-${process.arch}`;
    ctx.services.provide(
      Builder,
      {
        async bid({ source, settings, variables }, call) {
          const { detect, overSource } = await planner();
          const found = await overSource(sourceReader(ctx, source, call), (tree) => detect(tree, variables));
          if (!found) return { score: settings.builder === 'nixpacks' ? 1 : 0, reason: 'no language is recognised' };
          return {
            score: found.name === 'static' || found.name === 'shell' ? 20 : 50,
            reason: `${found.name}: ${found.reason}`,
          };
        },
        async plan({ source, settings, variables, runtime }, call) {
          const { planSource, overSource } = await planner();
          const options = { catalogue, runtime, platform, variables, settings };
          return overSource(sourceReader(ctx, source, call), (tree) => planSource(tree, options));
        },
      },
      { id: 'nixpacks' },
    );
    addRoutes(ctx, catalogue);
  },
});
