/** Fills a template in: `%key%` becomes its value; lines between `%if half%` and `%end%` stay where the half is wanted. */
export function fill(
  text: string,
  values: Readonly<Record<string, string>>,
  halves: Readonly<Record<string, boolean>>,
): string {
  const lines: string[] = [];
  let wanted = true;
  for (const line of text.split('\n')) {
    const [, half] = /^\s*%if (\w+)%$/.exec(line) ?? [];
    if (half !== undefined) wanted = halves[half] === true;
    else if (/^\s*%end%$/.test(line)) wanted = true;
    else if (wanted) lines.push(line);
  }
  return lines.join('\n').replace(/%(\w+)%/g, (whole, key: string) => values[key] ?? whole);
}
