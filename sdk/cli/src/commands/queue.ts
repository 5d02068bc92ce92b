import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { Service, Summary } from '../documents.ts';

/** `queue`: what waits in the organisation, its place in line, and what it waits for. */
export function queueCommand({ program, output, run, options }: CommandHost): void {
  program
    .command('queue')
    .description('deployments that wait, their place in line, and what they wait for')
    .action(() =>
      run(async () => {
        const api = await openApi(options());
        const waiting = await api.all('/deployments', Summary, { query: { status: 'queued', sort: 'createdAt' } });
        const services = new Map<string, string>();
        for (const id of new Set(waiting.map((row) => row.service)))
          services.set(id, (await api.get('/services/{id}', Service, { params: { id } })).slug);
        output.table(
          waiting,
          {
            SERVICE: (row) => services.get(row.service) ?? row.service,
            NUMBER: (row) => `#${row.number}`,
            PLACE: (row) => (row.waiting ? placeOf(row.waiting) : ''),
            'WAITS FOR': (row) => row.waiting?.reason ?? 'It goes on in a moment.',
            ID: (row) => row.id,
          },
          'Nothing waits.',
        );
      }),
    );
}

/** A place in line, or that a freeze window holds it. */
export function placeOf({ kind, position, of }: { kind: string; position: number; of: number }): string {
  return kind === 'freeze' ? 'held' : `${position} of ${of}`;
}
