import type { PluginContext, Principal } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import type { DeploymentDocument } from '@containr/plugin-deployments/contract';
import { Deployments } from '@containr/plugin-deployments/contract';
import type { LogLine } from '@containr/plugin-logs/contract';
import { Logs } from '@containr/plugin-logs/contract';
import { createTeller, detail, heading } from './teller.ts';

const waitMs = 400;
const longestMs = 3_600_000;
const failuresInARow = 5;

function ending(deployment: DeploymentDocument): string[] | null {
  const { status, cause, number, waiting } = deployment;
  if (waiting?.kind === 'freeze')
    return [
      '',
      heading(`Deployment ${number} is held`),
      detail(waiting.reason),
      detail('It goes on by itself then. Who has the permission freeze:override may let it go on before.'),
      '',
    ];
  if (status === 'watching' || status === 'live') {
    const where = deployment.urls.length > 0 ? deployment.urls : ['(this service has no address)'];
    return ['', heading(`Deployment ${number} is live`), ...where.map(detail), ''];
  }
  if (status === 'failed') {
    return [
      '',
      heading(`FAILED: deployment ${number} is not live (${cause?.code ?? 'INTERNAL'})`),
      detail(cause?.detail ?? 'The platform could not say why.'),
      detail(cause?.hint ?? 'Look at the deployment in the dashboard.'),
      detail('Your commits are stored. What was live before stays live.'),
      '',
    ];
  }
  if (status === 'cancelled') return ['', heading(`Deployment ${number} was cancelled`), ''];
  if (status === 'superseded') return ['', heading(`Deployment ${number} makes way for a newer one`), ''];
  if (status === 'retired')
    return ['', heading(`Deployment ${number} was live, and a newer one has taken its place`), ''];
  return null;
}

/** Tells the road of a deployment, line by line, until it is live or is not going to be. */
export async function* follow(
  ctx: PluginContext,
  first: DeploymentDocument,
  principal: Principal,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  const deployments = ctx.services.get(Deployments);
  const logs = ctx.services.get(Logs);
  const deadline = ctx.clock.now().getTime() + longestMs;
  const tell = createTeller();
  let after: string | null = null;
  let failures = 0;
  yield [
    heading(
      `Deployment ${first.number}: ${first.source.ref ?? ''} ${first.source.commit?.slice(0, 9) ?? ''} ${first.source.message ?? ''}`,
    ),
  ];
  while (!signal.aborted && ctx.clock.now().getTime() < deadline) {
    try {
      // The document first: lines that were written before its end are then not missed.
      const deployment: DeploymentDocument = await deployments.get({ id: first.id }, { principal, signal });
      const query = {
        service: null,
        deployment: first.id,
        phase: null,
        after,
        search: null,
        since: null,
        until: null,
        limit: 500,
      };
      const { lines }: { lines: readonly LogLine[] } = await logs.read(
        { ...query, waitMs: ending(deployment) ? 0 : waitMs },
        { principal, signal },
      );
      after = lines.at(-1)?.cursor ?? after;
      const news = tell(deployment, lines);
      if (news.length > 0) yield news;
      const last = ending(deployment);
      if (last && lines.length < 500) {
        yield last;
        return;
      }
      failures = 0;
    } catch (error) {
      if (signal.aborted) break;
      if (++failures < failuresInARow) {
        await ctx.clock.sleep(waitMs * failures, signal).catch(() => undefined);
        continue;
      }
      ctx.log.warn({ error, deployment: first.id }, 'a deployment could not be followed for its pusher');
      yield [
        heading(
          `The deployment goes on, but can't be followed from here: ${isContainrError(error) ? error.message : 'the platform failed.'}`,
        ),
      ];
      return;
    }
  }
  yield [
    heading(
      ctx.signal.aborted
        ? 'The control plane is stopping; the deployment goes on when it is back.'
        : 'The deployment goes on; see the dashboard.',
    ),
  ];
}
