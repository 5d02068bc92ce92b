/** `512 MiB`, `1.5 GiB`: powers of 1024, one digit where it helps. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)}\u2009${units[unit] ?? 'B'}`;
}

/** `1 service`, `3 services`, `no services`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  if (amount === 0) return `no ${many}`;
  return `${amount} ${amount === 1 ? one : many}`;
}
