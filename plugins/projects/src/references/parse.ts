/** What `${{…}}` in a value points to: a variable of a service by slug, of what is shared (`shared`), or (`null`) of the same place. */
export interface Reference {
  readonly service: string | null;
  readonly name: string;
}

/** One piece of a value: text as it is, or a reference to put in. */
export type Part = { readonly text: string } | { readonly reference: Reference };

/** A value taken apart, or what is wrong with it. */
export type Parsed =
  { readonly ok: true; readonly parts: readonly Part[] } | { readonly ok: false; readonly message: string };

const inside = /^\s*(?:([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.)?([A-Za-z_][A-Za-z0-9_]*)\s*$/;
const opening = /\$+\{\{/g;

/**
 * Takes a value apart. `$` before `{{` is counted in pairs: each pair is one `$`, and an odd one begins a reference. So `$${{` is the
 * text `${{`, and a reference right after a dollar sign is `$$${{`.
 */
export function parseReferences(value: string): Parsed {
  const parts: Part[] = [];
  let text = '';
  let at = 0;
  opening.lastIndex = 0;
  for (let found = opening.exec(value); found; found = opening.exec(value)) {
    const dollars = found[0].length - 2;
    text += value.slice(at, found.index) + '$'.repeat(Math.floor(dollars / 2));
    at = opening.lastIndex;
    if (dollars % 2 === 0) {
      text += '{{';
      continue;
    }
    const end = value.indexOf('}}', at);
    const match = end === -1 ? null : inside.exec(value.slice(at, end));
    if (!match?.[2])
      return {
        ok: false,
        message: `has "\${{" that begins no reference: write \${{service.VARIABLE}}, or $\${{ to mean it as it is`,
      };
    if (text !== '') parts.push({ text });
    parts.push({ reference: { service: match[1] ?? null, name: match[2] } });
    text = '';
    at = end + 2;
    opening.lastIndex = at;
  }
  text += value.slice(at);
  if (text !== '') parts.push({ text });
  return { ok: true, parts };
}

/** Writes a text so that {@link parseReferences} gives it back as it is. */
export function escapeReferences(text: string): string {
  return text.replace(/\$+(?=\{\{)/g, (dollars) => dollars + dollars);
}

/** The references of a value, each once, in order; none when it can't be taken apart. */
export function referencesIn(value: string): Reference[] {
  const parsed = parseReferences(value);
  if (!parsed.ok) return [];
  const seen = new Map<string, Reference>();
  for (const part of parsed.parts) if ('reference' in part) seen.set(written(part.reference), part.reference);
  return [...seen.values()];
}

/** A reference as people write it, without the braces. */
export function written({ service, name }: Reference): string {
  return service === null ? name : `${service}.${name}`;
}
