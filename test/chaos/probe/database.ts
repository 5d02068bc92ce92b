import type { Passes } from './passes.ts';

type Query = (this: object, ...given: unknown[]) => unknown;

const writes = /\b(?<!for )(insert into|update|delete from)\s+(?:only )?([\w."]+)|\b(add_job|force_unlock_workers)\b/gi;

const word = /^[a-z][a-z.:_-]{2,40}$/;

/** Names each transaction that writes, by what it writes: before it is committed, when its commit is on its way, and when that is known. */
export function watchDatabase(passes: Passes, find: NodeJS.Require): void {
  const { Client } = find('pg') as { Client: { prototype: { query: Query } } };
  const query = Client.prototype.query;
  const open = new WeakMap<object, string[]>();
  Client.prototype.query = function watched(...given) {
    const text = textOf(given[0]);
    if (text === null) return query.apply(this, given);
    if (/^\s*(begin|start transaction)/i.test(text)) open.set(this, []);
    const transaction = open.get(this);
    const wrote = writesOf(text, valuesOf(given));
    const ends = /^\s*(commit|rollback)\b(?! to)/i.exec(text)?.[1]?.toLowerCase();
    if (ends) open.delete(this);
    else transaction?.push(...wrote);
    const committed = ends === 'commit' ? transaction : transaction || ends ? [] : wrote;
    if (!committed || committed.length === 0) return query.apply(this, given);
    const what = `commit ${[...new Set(committed)].join(', ').slice(0, 300)}`;
    const done = (answer: unknown): void =>
      passes.pass('after', changedSomething(answer) ? what : `${what} of nothing`);
    passes.pass('before', what);
    const result = query.apply(this, whenDone(given, done));
    passes.pass('sent', what);
    if (!(result instanceof Promise)) return result;
    return result.then((value: unknown) => {
      done(value);
      return value;
    });
  };
}

function textOf(first: unknown): string | null {
  if (typeof first === 'string') return first;
  if (typeof first !== 'object' || first === null || 'submit' in first || !('text' in first)) return null;
  return String(first.text);
}

function valuesOf([first, second]: readonly unknown[]): readonly unknown[] {
  if (Array.isArray(second)) return second;
  return typeof first === 'object' && first !== null && 'values' in first && Array.isArray(first.values)
    ? first.values
    : [];
}

function changedSomething(answer: unknown): boolean {
  return !(typeof answer === 'object' && answer !== null && 'rowCount' in answer && answer.rowCount === 0);
}

/** The arguments with their callback, if there is one, told of. */
function whenDone(given: unknown[], told: (answer: unknown) => void): unknown[] {
  const last: unknown = given.at(-1);
  if (typeof last !== 'function') return given;
  return [
    ...given.slice(0, -1),
    (...answer: unknown[]): unknown => {
      if (!answer[0]) told(answer[1]);
      return Reflect.apply(last, undefined, answer) as unknown;
    },
  ];
}

function writesOf(text: string, values: readonly unknown[]): string[] {
  const found = [...text.matchAll(writes)].flatMap(([, verb, table, call]) => {
    const name = (table ?? call ?? '').replaceAll('"', '').replace(/^.*\./, '');
    return name === 'set' || name === '' ? [] : [`${verb?.split(' ')[0]?.toLowerCase() ?? 'call'} ${name}`];
  });
  if (found.length === 0) return [];
  // Words tell one transition from another: statuses, phases, jobs. Ids and texts do not come twice.
  const written = [...text.matchAll(/'([^']*)'/g)].map(([, value]) => value);
  const words = [...values, ...written].filter(
    (value): value is string => typeof value === 'string' && word.test(value),
  );
  const told = [...new Set(words)].slice(0, 8);
  return found.map((what, index) => (index === 0 && told.length > 0 ? `${what} (${told.join(' ')})` : what));
}
