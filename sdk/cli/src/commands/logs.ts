import { validate } from '@containr/sdk/host';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import type { LogLine } from '../documents.ts';
import { LogPage } from '../documents.ts';

const Batch = { type: 'object', properties: { lines: LogPage.properties.items }, required: ['lines'] } as const;

/** `logs`. */
export function logCommands({ program, output, run, options }: CommandHost): void {
  program
    .command('logs')
    .argument('<project/service>')
    .option('-f, --follow', 'go on as lines come')
    .option('-n, --lines <number>', 'how many of the newest', '200')
    .option('--search <text>')
    .description('what a service wrote')
    .action((name: string, given: { follow?: boolean; lines: string; search?: string }) =>
      run(async () => {
        const api = await openApi(options());
        const service = await api.service(name);
        const show = (line: LogLine): void => output.written(line, `${line.at} ${line.source.slice(-8)} ${line.text}`);
        const query = { service: service.id, ...(given.search ? { search: given.search } : {}) };
        const page = await api.get('/logs', LogPage, {
          query: { ...query, limit: Number(given.lines), tail: true },
        });
        page.items.forEach(show);
        if (!given.follow) return;
        const stop = new AbortController();
        process.once('SIGINT', () => stop.abort());
        const lastEventId = page.items.at(-1)?.cursor;
        for await (const event of api.client.stream('/logs/stream', {
          query,
          ...(lastEventId ? { lastEventId } : {}),
          signal: stop.signal,
        })) {
          if (event.event === 'lines')
            validate<{ lines: LogLine[] }>(Batch, event.data, 'A batch of lines').lines.forEach(show);
        }
      }),
    );
}
