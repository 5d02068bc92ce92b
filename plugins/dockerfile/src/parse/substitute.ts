const reference = /\\\$|\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+])([^{}]*))?\})/g;

/** Puts values in for `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+instead}`; what is unknown becomes empty, as Docker has it. */
export function substitute(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(
    reference,
    (
      whole,
      bare: string | undefined,
      braced: string | undefined,
      operator: string | undefined,
      word: string | undefined,
    ) => {
      const name = bare ?? braced;
      if (name === undefined) return whole.slice(1);
      const value = values.get(name);
      const given = value !== undefined && (value !== '' || operator?.startsWith(':') !== true);
      if (operator?.endsWith('+')) return given ? (word ?? '') : '';
      if (operator?.endsWith('-')) return given ? value : (word ?? '');
      return value ?? '';
    },
  );
}

/** Takes one pair of quotes off. */
export function unquote(text: string): string {
  const [, , inner] = /^(["'])([\s\S]*)\1$/.exec(text) ?? [];
  return inner ?? text;
}
