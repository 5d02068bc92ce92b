import { definePlugin } from '@containr/sdk';
import { Builder } from '@containr/sdk/contracts';
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
        async bid({ directory, settings, variables }) {
          const { detect, SourceTree } = await planner();
          const found = detect(new SourceTree(directory), variables);
          if (!found) return { score: settings.builder === 'nixpacks' ? 1 : 0, reason: 'no language is recognised' };
          return {
            score: found.name === 'static' || found.name === 'shell' ? 20 : 50,
            reason: `${found.name}: ${found.reason}`,
          };
        },
        async plan({ directory, settings, variables, runtime }) {
          const { planSource, SourceTree } = await planner();
          return planSource(new SourceTree(directory), { catalogue, runtime, platform, variables, settings });
        },
      },
      { id: 'nixpacks' },
    );
    addRoutes(ctx, catalogue);
  },
});
