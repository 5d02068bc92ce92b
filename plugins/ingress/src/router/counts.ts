import type { RouteCount } from '@containr/sdk/contracts';
import type { CompiledRoute, CompiledTable } from './table.ts';

type Row = Record<RouteCount['answers'] extends infer A ? keyof A : never, number>;

const classes = ['failed', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

function emptyRow(): Row {
  return { failed: 0, '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
}

/** Counts answers by route, since the start of the process. */
export class Counts {
  readonly #rows = new Map<string, { route: CompiledRoute | undefined; answers: Row }>();

  /** Counts one request of a route, or of none; `null`: no replica answered it. */
  add(route: CompiledRoute | undefined, status: number | null): void {
    const key = route ? `${route.host}${route.path}` : '';
    const row = this.#rows.get(key) ?? { route, answers: emptyRow() };
    if (!this.#rows.has(key)) this.#rows.set(key, row);
    row.answers[classes[status === null ? 0 : Math.floor(status / 100)] ?? 'failed']++;
  }

  /** Lets go of routes that a table does not have. */
  follow(table: CompiledTable): void {
    for (const [key, { route }] of this.#rows)
      if (route && !table.hosts.get(route.host)?.some(({ path }) => path === route.path)) this.#rows.delete(key);
  }

  /** What was counted, by route. */
  read(): RouteCount[] {
    return [...this.#rows.values()].map(({ route, answers }) => ({
      host: route?.host ?? null,
      path: route?.path ?? null,
      answers: { ...answers },
    }));
  }
}
