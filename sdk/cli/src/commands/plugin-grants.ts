import type { Command } from 'commander';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import { agreed } from '../agreed.ts';
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
          refusedAt: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        },
        required: ['kind', 'value', 'granted', 'reason', 'refusedAt'],
      },
    },
  },
  required: ['plugin', 'grants'],
});

type Grant = Infer<typeof Grants>['grants'][number];

/** `plugins grants NAME`; with `allow` or `deny`, a kind and a value the change of one, with `allow` alone of all that it lacks. */
export function grantCommands(plugins: Command, { output, run, options }: CommandHost): void {
  plugins
    .command('grants')
    .argument('<name>')
    .argument('[change]', 'allow or deny')
    .argument('[kind]', `${kinds.join(', ')}; left out with allow: all that it asks for, or was refused lately`)
    .argument('[value]', 'host, event, capability, hook, service or secret')
    .option('--yes', 'do not ask before all of it is granted')
    .description('what an isolated plugin asks for, was refused lately, and may use')
    .action((name: string, change?: string, kind?: string, value?: string, { yes }: { yes?: boolean } = {}) =>
      run(async () => {
        const api = await openApi(options());
        const read = () => api.get('/plugins/{name}/grants', Grants, { params: { name } });
        let problem: string | null = null;
        if (change !== undefined) {
          const all = kind === undefined && verbOf(change) === 'allow';
          const lacking = all ? (await read()).grants.filter(({ granted }) => !granted) : [];
          for (const lacks of lacking) output.line(`${lacks.kind} ${lacks.value}${whyOf(lacks)}`);
          if (lacking.length > 0 && !(await agreed(`Grant ${name} all of this?`, yes))) return 1;
          const these = all ? lacking : [one(kind, value)];
          const changes = these.map((its) => ({ kind: kindOf(its.kind), value: its.value }));
          const changed = await api.client.call('PATCH', '/plugins/{name}/grants', {
            params: { name },
            body: change === 'allow' ? { allow: changes, deny: [] } : { allow: [], deny: changes },
            timeoutMs: 120_000,
          });
          problem = changed.problem?.detail ?? null;
        }
        const { grants } = await read();
        output.table(
          grants,
          {
            KIND: (grant) => grant.kind,
            VALUE: (grant) => grant.value,
            GRANTED: (grant) => (grant.granted ? 'yes' : 'no'),
            REFUSED: (grant) => grant.refusedAt ?? '',
            WHY: (grant) => grant.reason ?? '',
          },
          `${name} asks for nothing, was refused nothing, and nothing is granted to it.`,
        );
        if (problem !== null) output.line(`It goes on as it is, for with this it can't be set up anew: ${problem}`);
        else if (grants.some(({ granted }) => !granted))
          output.line(`To grant all that it lacks: containr plugins grants ${name} allow`);
        return 0;
      }),
    );
}

function one(kind: string | undefined, value: string | undefined): Pick<Grant, 'kind' | 'value'> {
  return { kind: kindOf(kind), value: given(value) };
}

function whyOf({ reason, refusedAt }: Grant): string {
  return reason !== null ? `: ${reason}` : refusedAt !== null ? ', which it tried and was refused' : '';
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
