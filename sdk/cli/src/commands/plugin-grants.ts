import type { Command } from 'commander';
import { ContainrError, defineSchema } from '@containr/sdk';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';

const kinds = ['hosts', 'events', 'capabilities', 'hooks', 'services', 'provides', 'secrets'] as const;
const Grants = defineSchema({
  type: 'object',
  properties: {
    plugin: { type: 'string' },
    grants: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          kind: { type: 'string' },
          value: { type: 'string' },
          granted: { type: 'boolean' },
          reason: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        },
        required: ['kind', 'value', 'granted', 'reason'],
      },
    },
  },
  required: ['plugin', 'grants'],
});

/** `plugins grants NAME`, and with `allow` or `deny`, a kind and a value, the change of one. */
export function grantCommands(plugins: Command, { output, run, options }: CommandHost): void {
  plugins
    .command('grants')
    .argument('<name>')
    .argument('[change]', 'allow or deny')
    .argument('[kind]', kinds.join(', '))
    .argument('[value]', 'host, event, capability, hook, service or secret')
    .description('what an isolated plugin asks for, and what it may use')
    .action((name: string, change?: string, kind?: string, value?: string) =>
      run(async () => {
        const api = await openApi(options());
        let problem: string | null = null;
        if (change !== undefined) {
          const one = [{ kind: kindOf(kind), value: given(value) }];
          const changed = await api.client.call('PATCH', '/plugins/{name}/grants', {
            params: { name },
            body: { allow: change === 'allow' ? one : [], deny: verbOf(change) === 'deny' ? one : [] },
          });
          problem = changed.problem?.detail ?? null;
        }
        const { grants } = await api.get('/plugins/{name}/grants', Grants, { params: { name } });
        output.table(
          grants,
          {
            KIND: (grant) => grant.kind,
            VALUE: (grant) => grant.value,
            GRANTED: (grant) => (grant.granted ? 'yes' : 'no'),
            WHY: (grant) => grant.reason ?? '',
          },
          `${name} asks for nothing, and nothing is granted to it.`,
        );
        if (problem !== null) output.line(`It goes on as it is, for with this it can't be set up anew: ${problem}`);
      }),
    );
}

function verbOf(change: string): 'allow' | 'deny' {
  if (change === 'allow' || change === 'deny') return change;
  throw wrong(`"${change}" is neither allow nor deny.`);
}

function kindOf(kind: string | undefined): (typeof kinds)[number] {
  const found = kinds.find((one) => one === kind);
  if (found) return found;
  throw wrong(`"${kind ?? ''}" is no kind of grant; there are ${kinds.join(', ')}.`);
}

function given(value: string | undefined): string {
  if (value !== undefined) return value;
  throw wrong('The value is missing.');
}

function wrong(detail: string): ContainrError {
  return new ContainrError({
    code: 'USAGE',
    status: 400,
    detail,
    hint: 'For example: containr plugins grants NAME allow hosts api.example.com',
  });
}
