import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Api } from './api.ts';
import type { Output } from './output.ts';

const Application = defineSchema({
  type: 'object',
  properties: {
    count: { type: 'integer' },
    revised: { type: 'array', items: { type: 'object' } },
    deployments: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          service: { type: 'string' },
          deployment: { type: ['string', 'null'] },
          reason: { type: ['string', 'null'] },
        },
        required: ['service', 'deployment', 'reason'],
      },
    },
  },
  required: ['count', 'revised', 'deployments'],
});
const Staged = defineSchema({ type: 'object', properties: { total: { type: 'integer' } }, required: ['total'] });

/** What is to be applied: all that is staged, some of it, or changes that are given. */
export interface ApplyWish {
  readonly environment: string;
  readonly ids?: readonly string[];
  readonly changes?: readonly object[];
  readonly deploy: boolean;
  readonly overwrite?: boolean;
}

/** Applies, and says what that began. */
export async function applied(api: Api, output: Output, wish: ApplyWish): Promise<number> {
  const answer = await api.client.request('POST', '/changes/apply', { body: wish });
  const done = validate<Infer<typeof Application>>(Application, answer, 'The answer to POST /changes/apply');
  const begun = done.deployments.filter((one) => one.deployment !== null);
  const nothing = done.revised.length === 0 ? ' Nothing that runs was different.' : '';
  output.value(
    answer,
    [
      `${counted(done.count, 'change')} applied, ${counted(done.revised.length, 'service')} with a new revision.${nothing}`,
      ...(begun.length > 0 ? [`${counted(begun.length, 'deployment')} begun, in the order of references.`] : []),
      ...done.deployments.flatMap((one) => (one.reason === null ? [] : [`Not deployed: ${one.reason}`])),
    ].join('\n'),
  );
  return 0;
}

/** Collects changes, and says how many wait. */
export async function staged(
  api: Api,
  output: Output,
  environment: string,
  changes: readonly object[],
): Promise<number> {
  const answer = await api.client.request('POST', '/changes', { body: { environment, changes } });
  const { total } = validate<Infer<typeof Staged>>(Staged, answer, 'The answer to POST /changes');
  output.value(answer, `${counted(total, 'change')} staged. See them with "containr changes", then "containr apply".`);
  return 0;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
