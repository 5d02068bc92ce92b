import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import type { Dotenv } from './parse.ts';

/** What people wrote around variables, in order: a line as it is, or the place of a variable with the comment behind it. */
export const Layout = defineSchema({
  type: 'array',
  items: {
    anyOf: [
      { type: 'string' },
      {
        type: 'object',
        properties: {
          name: { type: 'string' },
          exported: { type: 'boolean' },
          comment: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        },
        required: ['name', 'exported', 'comment'],
        additionalProperties: false,
      },
    ],
  },
});
export type Layout = Infer<typeof Layout>;

/** What a text is beside its values. */
export function layoutOf({ lines }: Dotenv): Layout {
  return lines.map((line) =>
    'text' in line ? line.text : { name: line.name, exported: line.exported, comment: line.comment },
  );
}

/** A value for a text: as it is, or (`bare`) a mark that must not be quoted. */
export interface Printable {
  readonly name: string;
  readonly value: string;
  readonly bare?: boolean;
}

/** Writes variables as a `.env` text, in the places of a layout; those without a place come after it, in their own order. */
export function printDotenv(variables: readonly Printable[], layout: Layout = []): string {
  const left = new Map(variables.map((variable) => [variable.name, variable]));
  const lines: string[] = [];
  for (const item of layout) {
    if (typeof item === 'string') {
      lines.push(item);
      continue;
    }
    const variable = left.get(item.name);
    if (!variable) continue;
    left.delete(item.name);
    lines.push(
      `${item.exported ? 'export ' : ''}${assigned(variable)}${item.comment === null ? '' : ` ${item.comment}`}`,
    );
  }
  lines.push(...[...left.values()].map(assigned));
  return lines.map((line) => `${line}\n`).join('');
}

function assigned({ name, value, bare }: Printable): string {
  return `${name}=${bare ? value : quoted(value)}`;
}

/** A value as it is where that is read back the same, else in double quotes. */
function quoted(value: string): string {
  if (/^[^\s'"`<\\][^\s\\]*$/.test(value) || value === '') return value;
  return `"${value.replace(/["\\]/g, (one) => `\\${one}`).replaceAll('\r', '\\r')}"`;
}
