import { setTimeout as sleep } from 'node:timers/promises';
import type { AnswerOf } from '@containr/client';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { Deployment, reads } from '../documents.ts';

const Preview = reads<AnswerOf<'GET', '/clean-up'>>()({
  type: 'object',
  properties: {
    removes: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          kind: { type: 'string' },
          name: { type: 'string' },
          reason: { type: 'string' },
          sizeBytes: { type: 'integer' },
        },
        required: ['kind', 'name', 'reason', 'sizeBytes'],
      },
    },
    removeCount: { type: 'integer' },
    removeBytes: { type: 'integer' },
  },
  required: ['removes', 'removeCount', 'removeBytes'],
});
const Run = reads<AnswerOf<'GET', '/clean-up/runs/{id}'>>()({
  type: 'object',
  properties: {
    id: { type: 'string' },
    endedAt: { type: ['string', 'null'] },
    removed: { type: 'integer' },
    freedBytes: { type: 'integer' },
    problem: { type: ['string', 'null'] },
  },
  required: ['id', 'endedAt', 'removed', 'freedBytes', 'problem'],
});

/** `clean-up`, `pin`, `unpin`: what takes room and is not needed, and what stays whatever else goes. */
export function cleanUpCommands({ program, output, run, options }: CommandHost): void {
  program
    .command('clean-up')
    .option('--dry-run', 'show what would go, and remove nothing')
    .description('remove artifacts and sources that nothing needs; this is also done every hour')
    .action((given: { dryRun?: boolean }) =>
      run(async () => {
        const api = await openApi(options());
        if (given.dryRun) {
          const preview = await api.get('/clean-up', Preview);
          output.table(
            preview.removes,
            {
              WHAT: (row) => row.kind,
              OF: (row) => row.name,
              WHY: (row) => row.reason,
              SIZE: (row) => mebibytes(row.sizeBytes),
            },
            'There is nothing to remove.',
          );
          output.line(`${preview.removeCount} in all, ${mebibytes(preview.removeBytes)}`);
          return 0;
        }
        let done = await api.post('/clean-up', Run, {});
        while (done.endedAt === null) {
          await sleep(300);
          done = await api.get('/clean-up/runs/{id}', Run, { params: { id: done.id } });
        }
        output.value(done, done.problem ?? `${done.removed} removed, ${mebibytes(done.freedBytes)} freed.`);
        return done.problem === null ? 0 : 1;
      }),
    );
  for (const [verb, pinned, description] of [
    ['pin', true, 'keep the artifact and the source of a deployment, whatever else goes'],
    ['unpin', false, 'let clean-ups take the artifact and the source of a deployment again'],
  ] as const) {
    program
      .command(verb)
      .argument('<deployment>', 'id')
      .description(description)
      .action((id: string) =>
        run(async () => {
          const api = await openApi(options());
          const deployment = await api.patch('/deployments/{id}', Deployment, { params: { id }, body: { pinned } });
          output.value(deployment, `#${deployment.number} is ${pinned ? 'pinned' : 'not pinned any more'}.`);
        }),
      );
  }
}

function mebibytes(count: number): string {
  return `${(count / 1_048_576).toFixed(1)} MiB`;
}
