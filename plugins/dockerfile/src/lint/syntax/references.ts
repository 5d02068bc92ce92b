/** Names that a text refers to, as `$NAME` or `${NAME…}`. */
export function references(text: string): Set<string> {
  return new Set(
    [...text.matchAll(/(?<!\\)\$(?:\{([A-Za-z_][A-Za-z0-9_]*)|([A-Za-z_][A-Za-z0-9_]*))/g)].map(
      ([, a, b]) => a ?? b ?? '',
    ),
  );
}
