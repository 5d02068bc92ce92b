/** Middle of a list of numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const high = sorted[Math.floor(sorted.length / 2)];
  const low = sorted[Math.ceil(sorted.length / 2) - 1];
  if (high === undefined || low === undefined) throw new Error('A median needs a value.');
  return (low + high) / 2;
}

/** Prints one row of the contract: bench, value, unit, goal. */
export function row(bench: string, value: number, unit: string, goal: string): void {
  console.log(JSON.stringify({ bench, value: Number(value.toPrecision(3)), unit, goal }));
}
