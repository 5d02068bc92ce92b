import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { listOf } from '../documents.ts';

const KeyPage = defineSchema(
  listOf({
    type: 'object',
    properties: {
      id: { type: 'string' },
      current: { type: 'boolean' },
      madeAt: { type: ['string', 'null'] },
      sealed: {
        type: 'array',
        items: {
          type: 'object',
          properties: { place: { type: 'string' }, count: { type: 'integer' } },
          required: ['place', 'count'],
        },
      },
    },
    required: ['id', 'current', 'madeAt', 'sealed'],
  }),
);
type KeyPage = Infer<typeof KeyPage>;

/** `keys`, `keys rotate`, `keys retire`. */
export function keyCommands({ program, output, run, options }: CommandHost): void {
  const show = ({ items }: KeyPage): void =>
    output.table(
      items,
      {
        KEY: (key) => key.id,
        STATE: (key) => (key.current ? 'seals' : 'only opens'),
        MADE: (key) => key.madeAt ?? '',
        'STILL NEEDED BY': (key) =>
          key.current
            ? 'what is stored from now on'
            : key.sealed.map(({ place, count }) => `${place} (${count})`).join(', ') || 'nothing: it can be retired',
      },
      'There is no key.',
    );
  const keys = program
    .command('keys')
    .description('keys that secrets are sealed with')
    .action(() => run(async () => show(await (await openApi(options())).get('/keys', KeyPage))));
  keys
    .command('list')
    .description('the keys, and what still needs the older ones')
    .action(() => run(async () => show(await (await openApi(options())).get('/keys', KeyPage))));
  keys
    .command('rotate')
    .description('make a new key; what older ones sealed is moved to it in the background')
    .action(() => run(async () => show(await (await openApi(options())).post('/keys/rotate', KeyPage, { body: {} }))));
  keys
    .command('retire')
    .argument('<key>')
    .description('delete an older key that nothing needs any more')
    .action((id: string) =>
      run(async () =>
        show(await (await openApi(options())).post('/keys/{id}/retire', KeyPage, { params: { id }, body: {} })),
      ),
    );
}
