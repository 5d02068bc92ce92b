const mark = '[redacted]';

/** Replaces secrets in text that arrives in pieces. */
export interface Redactor {
  /** The text that is safe to show now; what may be the beginning of a secret is held back. */
  push(text: string): string;
  /** What was held back, at the end of the text. */
  end(): string;
}

/** Makes a redactor for `secrets`; empty ones are ignored, and a secret that is split over pieces is found all the same. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const known = [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  const longest = known[0]?.length ?? 0;
  if (longest === 0) return { push: (text) => text, end: () => '' };
  const pattern = new RegExp(known.map(literally).join('|'), 'g');
  let held = '';
  function holdFrom(text: string): number {
    for (let at = Math.max(0, text.length - longest + 1); at < text.length; at += 1) {
      const rest = text.slice(at);
      if (known.some((secret) => secret.length > rest.length && secret.startsWith(rest))) return at;
    }
    return text.length;
  }
  return {
    push(text) {
      const all = held + text;
      const hold = holdFrom(all);
      let shown = '';
      let from = 0;
      for (const match of all.matchAll(pattern)) {
        if (match.index >= hold) break;
        shown += all.slice(from, match.index) + mark;
        from = match.index + match[0].length;
      }
      held = all.slice(Math.max(from, hold));
      return shown + all.slice(from, Math.max(from, hold));
    },
    end() {
      const rest = held.replaceAll(pattern, mark);
      held = '';
      return rest;
    },
  };
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
