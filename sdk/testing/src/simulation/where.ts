import type { Row } from './memory-database.ts';

/** Whether a row is what a MikroORM condition asks for; the operators that the product uses. Throws for others. */
export function matches(row: Row, where: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(where).every(([name, wanted]) => {
    if (name === '$or') return list(wanted).some((one) => matches(row, record(one)));
    if (name === '$and') return list(wanted).every((one) => matches(row, record(one)));
    return holds(row[name], wanted);
  });
}

function holds(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) return wanted.some((one) => same(value, one));
  if (wanted === null || typeof wanted !== 'object' || wanted instanceof Date) return same(value, wanted);
  return Object.entries(wanted).every(([operator, operand]) => apply(operator, value, operand));
}

function apply(operator: string, value: unknown, operand: unknown): boolean {
  switch (operator) {
    case '$in':
      return list(operand).some((one) => same(value, one));
    case '$nin':
      return !list(operand).some((one) => same(value, one));
    case '$ne':
      return !same(value, operand);
    case '$lt':
      return order(value, operand) < 0;
    case '$lte':
      return order(value, operand) <= 0;
    case '$gt':
      return order(value, operand) > 0;
    case '$gte':
      return order(value, operand) >= 0;
    default:
      throw new Error(`The simulated store does not know the operator ${operator}.`);
  }
}

/** Ascending; `null` compares like nothing, so that no comparison with it holds. */
export function order(a: unknown, b: unknown): number {
  const [left, right] = [plain(a), plain(b)];
  if (left === null || right === null || left === undefined || right === undefined) return Number.NaN;
  return left < right ? -1 : left > right ? 1 : 0;
}

function same(a: unknown, b: unknown): boolean {
  return plain(a) === plain(b);
}

function plain(value: unknown): string | number | boolean | null | undefined {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === undefined)
    return value;
  if (value === null) return null;
  // A document: equal when its text is.
  return JSON.stringify(value);
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error('The simulated store expected a list.');
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value));
  throw new Error('The simulated store expected a condition.');
}
