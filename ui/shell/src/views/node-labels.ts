/** Labels as a line to edit: `disk=ssd, region=eu`. */
export function labelLines(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

/** What has to be sent so that the labels become those of an edited line; `null` takes one away. */
export function labelChange(before: Readonly<Record<string, string>>, line: string): Record<string, string | null> {
  const given = line
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part): [string, string] => {
      const at = part.indexOf('=');
      return at < 0 ? [part, ''] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    });
  return { ...Object.fromEntries(Object.keys(before).map((key) => [key, null])), ...Object.fromEntries(given) };
}
