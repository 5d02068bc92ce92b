import { ContainrError } from '@containr/sdk';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { environmentName } from '../environment-name.ts';
import { Freeze, FreezeList } from '../freeze-documents.ts';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

interface Given {
  readonly days?: string;
  readonly from: string;
  readonly until: string;
  readonly timeZone: string;
  readonly rollback: boolean;
}

/** `freezes`, `freezes add|remove`: when an environment is not to change. */
export function freezeCommands({ program, output, run, options }: CommandHost): void {
  const freezes = program
    .command('freezes')
    .argument('<environment>', 'project, or project@environment')
    .description('list the freeze windows of an environment')
    .action((name: string) =>
      run(async () => {
        const api = await openApi(options());
        const { project, slug } = environmentName(name);
        const { id } = await api.environment(project, slug);
        const { items } = await api.get('/freezes', FreezeList, { query: { environment: id } });
        output.table(
          items,
          {
            NAME: (row) => row.name,
            NOW: (row) =>
              row.openUntil ? `open until ${row.openUntil}` : row.opensAt ? `opens ${row.opensAt}` : 'over',
            WHEN: whenOpen,
            ROLLBACKS: (row) => (row.rollback ? 'let through' : 'refused'),
            ID: (row) => row.id,
          },
          `No freeze window. Add one: containr freezes add ${name} Weekend --days fri,sat,sun --from 18:00 --until 18:00`,
        );
      }),
    );
  freezes
    .command('add')
    .argument('<environment>', 'project, or project@environment')
    .argument('<name>')
    .option('--days <days>', `days that it begins on each week: ${days.join(',')}; left out: once`)
    .requiredOption('--from <time>', '18:00 with --days, else 2026-12-20T18:00:00Z')
    .requiredOption('--until <time>', '08:00 with --days, else 2027-01-04T08:00:00Z')
    .option('--time-zone <name>', 'of the times with --days', 'UTC')
    .option('--no-rollback', 'refuse rollbacks too')
    .description('add a time in which nothing is deployed there')
    .action((name: string, title: string, given: Given) =>
      run(async () => {
        const api = await openApi(options());
        const { project, slug } = environmentName(name);
        const { id } = await api.environment(project, slug);
        const body = { environment: id, name: title, rollback: given.rollback, ...windowOf(given) };
        const made = await api.post('/freezes', Freeze, { body });
        output.value(
          made,
          `Nothing is deployed in ${project}@${slug} ${whenOpen(made)}. Pushes and applied changes wait for its end.`,
        );
      }),
    );
  freezes
    .command('remove')
    .argument('<id>')
    .description('remove a freeze window; what waited for its end goes on')
    .action((id: string) =>
      run(async () => {
        const api = await openApi(options());
        await api.client.request('DELETE', `/freezes/${id}`);
        output.value({ id }, 'Removed.');
      }),
    );
}

function windowOf({ days: given, from, until, timeZone }: Given) {
  if (given === undefined) return { once: { from: instantOf(from), until: instantOf(until) } };
  const weekdays = given.split(',').map((day) => days.indexOf(day.trim().toLowerCase().slice(0, 3)) + 1);
  if (weekdays.includes(0))
    throw usage(`"${given}" are not days of the week.`, `Name some of ${days.join(',')}, for example --days fri,sat`);
  return { weekly: { weekdays, from, until, timeZone } };
}

function instantOf(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw usage(`"${text}" is not a time.`, 'Write it like 2026-12-20T18:00:00Z, or add --days for a weekly window.');
  return date.toISOString();
}

function usage(detail: string, hint: string): ContainrError {
  return new ContainrError({ code: 'FREEZE_TIME', status: 400, detail, hint });
}

function whenOpen({ weekly, once }: Freeze): string {
  if (once) return `from ${once.from} until ${once.until}`;
  if (!weekly) return '';
  const on = weekly.weekdays.map((day) => days[day - 1] ?? '').join(',');
  return `${on} from ${weekly.from} until ${weekly.until} ${weekly.timeZone}`;
}
