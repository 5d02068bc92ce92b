import type { PluginContext } from '@containr/sdk';
import { Identity } from '@containr/sdk/contracts';
import { Organisations, Setup } from './contract.ts';
import { Organisation } from './entities/organisation.entity.ts';
import type { Grant } from './grants.ts';
import { createAuthenticate } from './identity.ts';
import type { Recent } from './recent.ts';
import { setupLink } from './setup-link.ts';
import { showOrganisation } from './show.ts';
import type { SignIn } from './sign-in.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Provides what other plugins and the gateway ask accounts for. */
export function provideServices(ctx: PluginContext, signIn: SignIn, recent: Recent<Grant>): void {
  const authenticate = createAuthenticate(ctx, recent, signIn);
  const bySlug = (slug: string): Promise<Organisation | null> =>
    ctx.store.system('names of organisations').transaction(({ em }) => em.findOne(Organisation, { slug }));
  /** The console also names an organisation by its id, which stays when people rename it. */
  const byId = async (id: string): Promise<Organisation | null> =>
    uuid.test(id)
      ? ctx.store.system('names of organisations').transaction(({ em }) => em.findOne(Organisation, { id }))
      : null;

  ctx.services.provide(Identity, {
    authenticate: async (proof) => {
      const principal = await authenticate(proof);
      return { principal: principal && { ...principal, permissions: [...principal.permissions] } };
    },
    organisation: async ({ slug }) => ({ id: ((await bySlug(slug)) ?? (await byId(slug)))?.id ?? null }),
  });
  ctx.services.provide(Setup, { link: async () => ({ url: await setupLink(ctx) }) });
  ctx.services.provide(Organisations, {
    bySlug: async ({ slug }) => {
      const found = await bySlug(slug);
      return { organisation: found && showOrganisation(found) };
    },
    byIds: async ({ ids }) => {
      const found = await ctx.store
        .system('names of organisations')
        .transaction(({ em }) => em.find(Organisation, { id: { $in: ids } }));
      return { organisations: found.map(showOrganisation) };
    },
  });
}
