import { defineJob, definePlugin, Empty } from '@containr/sdk';
import { Attempt } from './entities/attempt.entity.ts';
import { Membership } from './entities/membership.entity.ts';
import { Organisation } from './entities/organisation.entity.ts';
import { Session } from './entities/session.entity.ts';
import { SetupLink } from './entities/setup-link.entity.ts';
import { Token } from './entities/token.entity.ts';
import { User } from './entities/user.entity.ts';
import type { Grant } from './grants.ts';
import { migrations } from './migrations.ts';
import { Recent } from './recent.ts';
import { accountRoutes } from './routes/accounts.routes.ts';
import { organisationRoutes } from './routes/organisations.routes.ts';
import { sessionRoutes } from './routes/sessions.routes.ts';
import { setupRoutes } from './routes/setup.routes.ts';
import { tokenRoutes } from './routes/tokens.routes.ts';
import { userRoutes } from './routes/users.routes.ts';
import { provideServices } from './services.ts';
import { sweepSessions } from './sessions.ts';
import { ensureSetup } from './setup-link.ts';
import { createSignIn } from './sign-in.ts';

const SweepSessions = defineJob({
  name: 'session.sweep',
  input: Empty,
  summary: 'Deletes sessions and counted sign-ins that ended',
});

export default definePlugin({
  entities: [User, Organisation, Membership, Session, Token, SetupLink, Attempt],
  migrations,
  async setup(ctx) {
    const recent = new Recent<Grant>(ctx.clock, { cleared: () => ctx.live.fanOut.publish('revoked', null) });
    ctx.live.fanOut.subscribe('revoked', { message: () => recent.forget(), lost: () => recent.forget() });
    const signIn = await createSignIn(ctx);
    provideServices(ctx, signIn, recent);
    setupRoutes(ctx);
    sessionRoutes(ctx, signIn, recent);
    userRoutes(ctx, signIn, recent);
    accountRoutes(ctx, recent);
    tokenRoutes(ctx, recent);
    organisationRoutes(ctx, recent);
    ctx.jobs.handle(
      SweepSessions,
      async () => {
        await ctx.store.system('sweep of sessions').transaction(async ({ em }) => {
          await sweepSessions(em, ctx.clock.now());
          await em.nativeDelete(Attempt, { windowEndsAt: { $lte: ctx.clock.now() } });
        });
      },
      { schedule: '17 * * * *' },
    );
  },
  // Before anybody is led here, the organisation and the way in have to exist.
  verify: ensureSetup,
});
