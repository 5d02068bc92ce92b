import type { Infer } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Api } from '../api.ts';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { Run } from '../documents.ts';
import type { Output } from '../output.ts';

const Batch = {
  type: 'object',
  properties: {
    lines: {
      type: 'array',
      items: {
        type: 'object',
        properties: { stream: { type: 'string' }, text: { type: 'string' } },
        required: ['stream', 'text'],
      },
    },
  },
  required: ['lines'],
} as const;

/** `run`, `runs`, `runs cancel`. */
export function runCommands({ program, output, run, options }: CommandHost): void {
  program
    .command('run')
    .argument('<project/service>')
    .argument('[command...]', 'after --; without one, the start command of the service')
    .option('--timeout <seconds>', 'longest time of the run')
    .option('--detach', 'do not follow it; it goes on without this terminal')
    .description('run a command in what is live of a service, with its variables; its exit code becomes this one')
    .action((name: string, words: readonly string[], given: { timeout?: string; detach?: boolean }) =>
      run(async () => {
        const api = await openApi(options());
        const service = await api.service(name);
        const begun = await api.post('/runs', Run, {
          body: {
            service: service.id,
            attached: given.detach !== true,
            ...(words.length === 0 ? {} : { command: commandOf(words) }),
            ...(given.timeout === undefined ? {} : { timeoutMs: Math.round(Number(given.timeout) * 1000) }),
          },
        });
        if (given.detach) return output.value(begun, `Run ${begun.id} waits to begin. See: containr runs ${name}`);
        return follow(api, output, begun.id);
      }),
    );
  const runs = program
    .command('runs')
    .argument('<project/service>')
    .description('what was run in a service, newest first, and when it runs next')
    .action((name: string) =>
      run(async () => {
        const api = await openApi(options());
        const service = await api.service(name);
        const rows = await api.all('/runs', Run, { query: { service: service.id } });
        output.table(
          rows,
          {
            STATUS: (row) => row.status,
            EXIT: (row) => String(row.exitCode ?? ''),
            AT: (row) => row.scheduledFor ?? row.createdAt,
            BY: (row) => row.createdBy,
            REASON: (row) => row.reason ?? '',
            ID: (row) => row.id,
          },
          `Nothing was run yet. Run something: containr run ${name} -- COMMAND`,
        );
      }),
    );
  runs
    .command('cancel')
    .argument('<run>', 'id')
    .description('end a run')
    .action((id: string) =>
      run(async () => {
        const ended = await (await openApi(options())).post('/runs/{id}/cancel', Run, { params: { id } });
        output.value(ended, 'The run is being ended.');
      }),
    );
}

/** One word with spaces is a line for the shell of the replica; several words run as they are. */
function commandOf(words: readonly string[]): string | string[] {
  const [only = ''] = words;
  return words.length === 1 && only.includes(' ') ? only : [...words];
}

/** Writes what the run writes until its end, and gives its exit code. Ctrl-C ends the run. */
async function follow(api: Api, output: Output, id: string): Promise<number> {
  const leaving = new AbortController();
  process.once('SIGINT', () => leaving.abort());
  // Without the connection the run is gone: going on with another one would be a lie.
  const events = api.client.stream('/runs/attach', { query: { run: id }, signal: leaving.signal, reconnect: false });
  for await (const event of events) {
    if (event.event === 'lines') {
      for (const { stream, text } of validate<Infer<typeof Batch>>(Batch, event.data, 'Lines of the run').lines)
        output.raw(`${text}\n`, output.json || stream === 'stderr' ? 'stderr' : 'stdout');
    } else if (event.event === 'ended') {
      const ended = validate<Run>(Run, event.data, 'The end of the run');
      if (output.json) output.value(ended, '');
      else if (ended.status !== 'succeeded' && ended.reason !== null) output.aside(ended.reason);
      return ended.status === 'succeeded' ? 0 : ended.exitCode || 1;
    }
  }
  if (leaving.signal.aborted) return 130;
  throw new ContainrError({
    code: 'RUN_CONNECTION_LOST',
    status: 503,
    detail: 'The connection to the install was lost, and the run ends with it.',
    hint: 'Look how it ended: containr runs PROJECT/SERVICE. With --detach a run needs no connection.',
  });
}
