import type { AnswerOf } from '@containr/client';
import { ContainrError } from '@containr/sdk';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { reads } from '../documents.ts';

const QuotaList = reads<AnswerOf<'GET', '/quotas'>>()({
  type: 'object',
  properties: {
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: { resource: { type: 'string' }, used: { type: 'number' }, limit: { type: ['number', 'null'] } },
        required: ['resource', 'used', 'limit'],
      },
    },
  },
  required: ['items'],
});

/** `quotas`: what the organisation may have and uses; `quotas set` changes it. */
export function quotaCommands({ program, output, run, options }: CommandHost): void {
  const quotas = program
    .command('quotas')
    .description('what the organisation may have, and what it uses of it')
    .action(() =>
      run(async () => {
        const { items } = await (await openApi(options())).get('/quotas', QuotaList);
        output.table(
          items,
          {
            WHAT: (item) => item.resource,
            USED: (item) => String(item.used),
            LIMIT: (item) => (item.limit === null ? 'none' : String(item.limit)),
          },
          'Nothing is limited.',
        );
      }),
    );
  quotas
    .command('set')
    .argument('<limits...>', 'services=20 memoryBytes=8589934592; an empty value takes a limit away')
    .description('set limits of the organisation')
    .action((limits: string[]) =>
      run(async () => {
        const body = Object.fromEntries(limits.map(limitOf));
        const api = await openApi(options());
        const { items } = await api.patch('/quotas', QuotaList, { body });
        output.value({ items }, 'Set. What is over a limit stays; nothing more is made.');
      }),
    );
}

function limitOf(text: string): [string, number | null] {
  const [name, value] = text.split('=', 2);
  const amount = value === '' ? null : Number(value);
  if (name && value !== undefined && !Number.isNaN(amount)) return [name, amount];
  throw new ContainrError({
    code: 'INVALID',
    status: 422,
    detail: `"${text}" is no limit.`,
    hint: 'Write NAME=NUMBER, for example services=20.',
  });
}
