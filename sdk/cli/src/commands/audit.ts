import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { AuditPage, AuditVerdict } from '../audit-documents.ts';

const faults: Readonly<Record<string, string>> = {
  changed: 'was changed after it was written',
  missing: 'is missing',
  reordered: 'stands in another place than where it was written',
  truncated: 'and all after it were cut off',
  added: 'was added behind the end of the log',
  head: 'is where the log seems to end, but this install did not sign that end',
};

/** `audit`, `audit verify`. */
export function auditCommands({ program, output, run, options }: CommandHost): void {
  const audit = program
    .command('audit')
    .description('who did what, newest first')
    .option('--limit <number>', 'rows, 1 to 200', '50')
    .option('--search <text>', 'text in the action, the name, a target or the request id')
    .option('--principal <name>', 'id or name of who acted')
    .option('--plugin <name>', 'plugin that answered')
    .option('--since <time>', 'from this time on, RFC 3339')
    .option('--until <time>', 'before this time, RFC 3339')
    .action((given: Record<string, string>) =>
      run(async () => {
        const query = { ...given, ...(given.limit ? { limit: Number(given.limit) } : {}) };
        const { items } = await (await openApi(options())).get('/audit', AuditPage, { query });
        output.table(
          items,
          {
            ROW: (item) => String(item.position),
            AT: (item) => item.at,
            WHO: (item) => `${item.principal.name} (${item.principal.kind})`,
            ACTION: (item) => item.action,
            TARGETS: (item) =>
              Object.entries(item.targets)
                .map(([name, value]) => `${name}=${value}`)
                .join(' '),
            STATUS: (item) => String(item.status ?? ''),
          },
          'Nothing is on record that fits.',
        );
      }),
    );
  audit
    .command('verify')
    .description('check that no row was changed, moved, taken out or cut off')
    .action(() =>
      run(async () => {
        const verdict = await (await openApi(options())).post('/audit/verify', AuditVerdict, {});
        const { checked, broken } = verdict;
        if (!broken) return output.value(verdict, `All ${checked} rows are as they were written.`);
        output.value(
          verdict,
          `Row ${broken.position} ${faults[broken.reason] ?? broken.reason}. The ${checked} rows before it are as they were written.`,
        );
        return 1;
      }),
    );
}
