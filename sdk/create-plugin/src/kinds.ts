import { ContainrError } from '@containr/sdk';

/** What a plugin can begin as. */
export const kinds = {
  notes: 'a table with a page, a route and an event',
  notifier: 'tells a webhook what happens',
  builder: 'says how a source is built',
  empty: 'nothing but its frame',
} as const;
export type Kind = keyof typeof kinds;

/** The kind of that name; `notes` for none. Throws `PLUGIN_KIND`. */
export function kindOf(text: string): Kind {
  const name = text.trim() === '' ? 'notes' : text.trim();
  if (Object.hasOwn(kinds, name)) return name as Kind;
  throw new ContainrError({
    code: 'PLUGIN_KIND',
    status: 400,
    detail: `There is no kind called ${JSON.stringify(name)}.`,
    hint: `Choose one of: ${Object.keys(kinds).join(', ')}.`,
  });
}
