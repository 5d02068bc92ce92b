import type { PluginContext } from '@containr/sdk';
import { defineJob, defineSchema, Id, isContainrError } from '@containr/sdk';
import type { RolloutOutcome } from '../contract.ts';
import { RevisedService, Rollout } from '../contract.ts';
import type { Applied } from './apply.ts';

const Input = defineSchema({
  type: 'object',
  properties: {
    organisation: Id,
    application: Id,
    by: { type: 'string' },
    services: {
      type: 'array',
      items: RevisedService,
    },
  },
  required: ['organisation', 'application', 'by', 'services'],
  additionalProperties: false,
});

/** Begins what applied changes need to run, also after a crash right behind the change. */
export const RollOut = defineJob({
  name: 'changes.roll-out',
  input: Input,
  summary: 'Begins the deployments that applied changes need',
});

/** How long the request that applied has to begin them itself. */
export const rollOutAfterMs = 10_000;

/** What one application has to bring to what runs. */
export interface RollOutOrder {
  readonly organisation: string;
  readonly application: string;
  readonly by: string;
  readonly services: Applied['revised'];
}

/** The input of job and contract for an order. */
export function rollOutInput({ application, by, services }: Omit<RollOutOrder, 'organisation'>) {
  return { application, by, services: services.map((one) => ({ ...one, after: [...one.after] })) };
}

/** Begins the deployments; without anybody who deploys, says for each service why nothing begins. */
export async function rollOut(
  ctx: Pick<PluginContext, 'services' | 'principal' | 'log'>,
  order: RollOutOrder,
): Promise<RolloutOutcome[]> {
  if (order.services.length === 0) return [];
  try {
    const call = { principal: ctx.principal(order.organisation) };
    return (await ctx.services.get(Rollout).begin(rollOutInput(order), call)).deployments;
  } catch (error) {
    if (!isContainrError(error)) throw error;
    ctx.log.warn({ error, application: order.application }, 'applied changes could not be rolled out yet');
    return order.services.map(({ service }) => ({ service, deployment: null, reason: error.message }));
  }
}
