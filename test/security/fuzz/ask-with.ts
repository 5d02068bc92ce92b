import type { Asked } from '../asking/asker.ts';
import { knownOf } from '../asking/known.ts';
import type { Operation } from '../asking/operations.ts';
import type { Path } from '../asking/sample.ts';
import { sampleOf } from '../asking/sample.ts';
import type { StringField } from '../asking/string-fields.ts';
import { place } from '../asking/string-fields.ts';
import type { Tenant } from '../asking/world.ts';

/** Longer addresses are refused by Node's own parser before anything of ours is asked, in the middle of being sent. */
const longestInAddress = 1500;

/** A request of a tenant that is right but for one text; without a field it is right. */
export function requestWith(tenant: Tenant, operation: Operation, field: StringField | null, text: string): Asked {
  const own = knownOf(tenant, operation);
  // A source is named by its upload or by its content: with both, the one under test would not be looked at.
  const known: typeof own = (path, schema) =>
    field?.path.at(-1) === 'treeHash' && path.at(-1) === 'upload' ? undefined : own(path, schema);
  const wanted = (where: StringField['in']) => (path: Path) =>
    field?.in === where && path.every((part, at) => field.path[at] === part);
  const parameters = (where: 'path' | 'query'): Record<string, unknown> => {
    const of = operation.parameters.filter((one) => one.in === where);
    const schema = {
      type: 'object',
      properties: Object.fromEntries(of.map((one) => [one.name, one.schema])),
      required: of.filter((one) => one.required).map((one) => one.name),
    };
    const made = sampleOf(schema, [], known, wanted(where));
    return (field?.in === where ? place(made, field, text.slice(0, longestInAddress)) : made) as Record<
      string,
      unknown
    >;
  };
  const inPath = parameters('path');
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encode(textOf(inPath[name])));
  const query = Object.entries(parameters('query')).map(([name, value]) => `${name}=${encode(textOf(value))}`);
  let body: string | null = null;
  if (operation.body) {
    const made = sampleOf(operation.body, [], known, wanted('body'));
    body = JSON.stringify(field?.in === 'body' ? place(made, field, text) : made);
  } else if (operation.method !== 'GET' && operation.raw.length > 0) body = text;
  return {
    method: operation.method,
    path: query.length > 0 ? `${path}?${query.join('&')}` : path,
    headers: {
      authorization: `Bearer ${tenant.owner}`,
      ...(body === null ? {} : { 'content-type': operation.raw.find((type) => type !== '*/*') ?? 'application/json' }),
    },
    body,
  };
}

/** As `encodeURIComponent`, also of a text that is no Unicode; a lone dot stays and is read by whoever joins paths. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'x');
}
