import { setTimeout as sleep } from 'node:timers/promises';
import { isApiError } from '@containr/client';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import type { Api } from '../api.ts';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';

const text = { type: 'string' } as const;
const nullableText = { type: ['string', 'null'] } as const;
const Install = defineSchema({
  type: 'object',
  properties: {
    serving: {
      anyOf: [
        {
          type: 'object',
          properties: { version: text, generation: { type: 'integer' }, startedAt: text },
          required: ['version', 'generation', 'startedAt'],
        },
        { type: 'null' },
      ],
    },
    change: {
      anyOf: [
        {
          type: 'object',
          properties: {
            reason: text,
            status: text,
            by: nullableText,
            startedAt: text,
            cause: {
              anyOf: [
                {
                  type: 'object',
                  properties: { code: text, detail: text, hint: nullableText },
                  required: ['code', 'detail', 'hint'],
                },
                { type: 'null' },
              ],
            },
          },
          required: ['reason', 'status', 'by', 'startedAt', 'cause'],
        },
        { type: 'null' },
      ],
    },
  },
  required: ['serving', 'change'],
});
type Install = Infer<typeof Install>;

const pollMs = 300;
const toldEveryMs = 5000;
const longestMs = 180_000;

/** `restart`: has new code served; shows how it goes, and ends with what serves. */
export function restartCommand({ program, output, run, options }: CommandHost): void {
  program
    .command('restart')
    .option('--status', 'only say what serves, and how the latest change stands')
    .description('start a control plane from the code on the machine, which takes over when it is ready')
    .action((given: { status?: boolean }) =>
      run(async () => {
        const api = await openApi(options());
        if (given.status) {
          const install = await api.get('/install', Install);
          return output.value(install, standing(install));
        }
        const asked = await api.post('/install/restart', Install, { body: {} });
        output.line('A control plane starts from the code on the machine …');
        const install = await settled(api, asked, (seconds) => output.line(`  … ${seconds} s`));
        const cause = install.change?.cause;
        if (install.change?.status === 'failed')
          throw new ContainrError({
            code: cause?.code ?? 'INTERNAL',
            status: 503,
            detail: `${serves(install)} as before; the new one did not start: ${cause?.detail ?? 'it is not known why'}`,
            ...(cause?.hint ? { hint: cause.hint } : {}),
          });
        return output.value(install, `${serves(install)} now.`);
      }),
    );
}

/** Waits until the asked change is over; that of another process that answers meanwhile is not it. */
async function settled(api: Api, asked: Install, tell: (seconds: number) => void): Promise<Install> {
  const begun = Date.now();
  let told = begun;
  while (Date.now() - begun < longestMs) {
    await sleep(pollMs);
    // Between two control planes after a crash nobody answers.
    const install = await api.get('/install', Install).catch((error: unknown) => {
      if (isApiError(error) && error.status < 500) throw error;
      return null;
    });
    if (install?.change && install.change.startedAt === asked.change?.startedAt && install.change.status !== 'starting')
      return install;
    if (Date.now() - told >= toldEveryMs) {
      told += toldEveryMs;
      tell(Math.round((told - begun) / 1000));
    }
  }
  throw new ContainrError({
    code: 'NOT_READY_IN_TIME',
    status: 504,
    detail: `It is not known after ${longestMs / 1000} s whether the new control plane serves.`,
    hint: 'Ask again with `containr restart --status`.',
  });
}

function serves({ serving }: Install): string {
  return serving ? `Control plane ${serving.generation}, version ${serving.version}, serves` : 'A control plane serves';
}

function standing(install: Install): string {
  const { change, serving } = install;
  const since = serving ? `${serves(install)} since ${serving.startedAt}.` : 'A control plane starts.';
  if (!change) return since;
  const kind = change.reason === 'crash' ? 'The one before ended by itself' : `A restart by ${change.by ?? 'nobody'}`;
  const state = {
    starting: 'is under way',
    draining: 'is done, the one before ends',
    failed: 'failed',
    done: 'is done',
  };
  const how = change.reason === 'crash' ? '' : ` ${state[change.status as keyof typeof state]}`;
  return `${since} ${kind}${how}${change.cause ? `: ${change.cause.detail}` : '.'}`;
}
