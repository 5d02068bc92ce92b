/** A number that has a unit for people: the end of its name says which, `drainMs`, `memoryBytes`. */
export type Quantity = 'duration' | 'size';

interface Unit {
  /** As it is written. */
  readonly name: string;
  /** Also understood. */
  readonly others: readonly string[];
  /** Milliseconds, or bytes. */
  readonly amount: number;
}

/** Largest first. */
const units: Readonly<Record<Quantity, readonly Unit[]>> = {
  duration: [
    { name: 'd', others: ['day', 'days'], amount: 86_400_000 },
    { name: 'h', others: ['hour', 'hours'], amount: 3_600_000 },
    { name: 'min', others: ['m', 'minute', 'minutes'], amount: 60_000 },
    { name: 's', others: ['sec', 'second', 'seconds'], amount: 1000 },
    { name: 'ms', others: ['millisecond', 'milliseconds'], amount: 1 },
  ],
  size: [
    { name: 'TiB', others: ['t', 'tb'], amount: 1024 ** 4 },
    { name: 'GiB', others: ['g', 'gb'], amount: 1024 ** 3 },
    { name: 'MiB', others: ['m', 'mb'], amount: 1024 ** 2 },
    { name: 'KiB', others: ['k', 'kb'], amount: 1024 },
    { name: 'B', others: ['byte', 'bytes', ''], amount: 1 },
  ],
};
const part = /\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*/gy;

/** What a number of this name measures; `null` for a plain one. */
export function quantityOf(name: string): Quantity | null {
  if (/[a-z0-9]Ms$/.test(name)) return 'duration';
  return /[a-z0-9]Bytes$/.test(name) ? 'size' : null;
}

/** Exactly, in the largest units that fit: `1 h 30 min`, `512 MiB`; `value` in milliseconds or bytes. */
export function formatQuantity(value: number, quantity: Quantity): string {
  const known = units[quantity];
  const smallest = known.at(-1)?.name ?? '';
  if (quantity === 'size') {
    const unit = known.find(({ amount }) => value >= amount && value % amount === 0);
    return unit ? `${value / unit.amount} ${unit.name}` : `${value} ${smallest}`;
  }
  const parts: string[] = [];
  let rest = value;
  for (const { name, amount } of known) {
    const count = Math.floor(rest / amount);
    if (count > 0) parts.push(`${count} ${name}`);
    rest -= count * amount;
  }
  return parts.length > 0 ? parts.join(' ') : `0 ${quantity === 'duration' ? 's' : smallest}`;
}

/** Milliseconds or bytes of a text such as `90 s`, `1h 30min`, `1.5 GiB`; `null` for what is none. A duration needs its unit. */
export function parseQuantity(text: string, quantity: Quantity): number | null {
  const written = text.toLowerCase();
  let total = 0;
  let end = 0;
  for (const [whole, count, name = ''] of written.matchAll(part)) {
    const unit = units[quantity].find((one) => one.name.toLowerCase() === name || one.others.includes(name));
    if (!unit && !(name === '' && Number(count) === 0)) return null;
    total += Number(count) * (unit?.amount ?? 0);
    end += whole.length;
  }
  return end > 0 && end === written.length ? Math.round(total) : null;
}
