import type { FastifyRequest } from 'fastify';
import type { FieldError } from '@containr/sdk';
import { invalid } from '@containr/sdk';

/** JSON writes a NUL, or half of a character, only by an escape; most bodies have none, and cost one look. */
const suspicious = /\\u(?:0000|d[89a-f])/i;
const lone = /%(?:00|ed%[ab])/i;

/** A text of a parsed document that no database, program or other JSON reader takes as it is. */
interface Found {
  readonly path: string;
  readonly message: string;
}

/**
 * Refuses texts that can't be kept: with a NUL, or with half of a surrogate pair. Postgres refuses both, a program's arguments and
 * environment end at the first, and files can't be named so; here nothing of it has begun. Throws `INVALID` that names the field.
 */
export function refuseUnstorable(raw: string, parsed: unknown): void {
  if (!suspicious.test(raw)) return;
  const found = [...unstorable(parsed, '')].slice(0, 20);
  if (found.length > 0) throw notText('body', found);
}

/** The same of a request's address, before anything of it is read. */
export function refuseUnstorableUrl(request: FastifyRequest): void {
  if (lone.test(request.url)) throw notText('address', [{ path: '/', message: fault }]);
}

const fault = 'has a NUL or half of a character';

function notText(what: string, found: readonly FieldError[]): Error {
  return invalid(
    `The ${what} is no text: ${found.map(({ path, message }) => `${path} ${message}`).join('; ')}.`,
    found,
    'Leave out NUL characters, and send well-formed Unicode.',
  );
}

function* unstorable(value: unknown, path: string): Generator<Found> {
  if (typeof value === 'string') {
    if (!isStorable(value)) yield { path: path || '/', message: fault };
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) {
      if (!isStorable(name)) yield { path: path || '/', message: `has a name that ${fault}` };
      else yield* unstorable(one, `${path}/${name}`);
    }
  }
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
