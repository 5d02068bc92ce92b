import type { ItemOf } from '@containr/client';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { reads } from '../documents.ts';

const text = { type: 'string' } as const;
const Job = reads<ItemOf<'/jobs'>>()({
  type: 'object',
  properties: {
    plugin: text,
    name: text,
    state: text,
    attempts: { type: 'integer' },
    maxAttempts: { type: 'integer' },
    runAt: { anyOf: [text, { type: 'null' }] },
    lastError: { anyOf: [text, { type: 'null' }] },
  },
  required: ['plugin', 'name', 'state', 'attempts', 'maxAttempts', 'runAt', 'lastError'],
});

/** `jobs`: background work that waits, runs or was given up, and why it failed last. */
export function jobsCommand({ program, output, run, options }: CommandHost): void {
  program
    .command('jobs')
    .argument('[search]', 'plugin, or plugin:job')
    .description('background work that waits, runs or was given up, and why it failed last')
    .action((search?: string) =>
      run(async () => {
        const api = await openApi(options());
        const jobs = await api.all('/jobs', Job, {
          query: { limit: 200, ...(search === undefined ? {} : { search }) },
        });
        output.table(
          jobs,
          {
            JOB: ({ plugin, name }) => `${plugin}:${name}`,
            STATE: ({ state }) => state,
            TRIES: ({ attempts, maxAttempts }) => `${attempts} of ${maxAttempts}`,
            // A job that was given up or runs has no next try.
            'NEXT TRY': ({ state, runAt }) => (state === 'waiting' || state === 'scheduled' ? (runAt ?? '') : ''),
            'LAST ERROR': ({ lastError }) => lastError ?? '',
          },
          'No job waits, runs or was given up; one that is done leaves nothing here.',
        );
      }),
    );
}
