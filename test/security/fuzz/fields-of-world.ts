import { ServiceSpec } from '@containr/plugin-projects/contract';
import type { Operation } from '../asking/operations.ts';
import { isRecord, operationsOf } from '../asking/operations.ts';
import type { StringField } from '../asking/string-fields.ts';
import { stringFieldsIn, stringFieldsOf } from '../asking/string-fields.ts';
import type { World } from '../asking/world.ts';

/** Headers that mean something to the platform or to what is behind it. */
const headers = [
  'x-request-id',
  'containr-organisation',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'last-event-id',
  'authorization',
  'cookie',
  'origin',
  'user-agent',
  'referer',
  'accept-language',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
  'x-http-method-override',
  'content-type',
  'content-encoding',
  'git-protocol',
];

/** A text in a header of one operation. */
export interface HeaderField {
  readonly operation: Operation;
  readonly header: string;
  readonly label: string;
}

/** Every text of every operation of a world: what is declared, the documents behind open members, and the headers. */
export async function fieldsOf(
  world: World,
): Promise<{ fields: readonly StringField[]; headers: readonly HeaderField[] }> {
  const operations = await operationsOf(world.test);
  const fields = operations.flatMap(stringFieldsOf);
  for (const operation of operations) {
    const spec = isRecord(operation.body?.['properties']) ? operation.body['properties']['spec'] : undefined;
    if (spec !== undefined) fields.push(...stringFieldsIn(operation, ServiceSpec, ['spec']));
    if (operation.name === 'PATCH /api/v1/settings/{plugin}') fields.push(...(await settingsFields(world, operation)));
  }
  const asked = operations.filter(({ name }) =>
    ['GET /api/v1/projects', 'POST /api/v1/projects', 'GET /api/v1/events', 'POST /api/v1/sessions'].includes(name),
  );
  return {
    fields,
    headers: asked.flatMap((operation) =>
      headers.map((header) => ({ operation, header, label: `${operation.name} header ${header}` })),
    ),
  };
}

async function settingsFields(world: World, operation: Operation): Promise<readonly StringField[]> {
  const found: StringField[] = [];
  const plugins = await world.test.console('/plugins?limit=200');
  const names = (plugins.field('items') as { name: string }[]).map(({ name }) => name);
  for (const plugin of ['kernel', ...names]) {
    const schema = (await world.test.console(`/settings/${plugin}`)).field('schema');
    if (!isRecord(schema)) continue;
    const path = `/api/v1/settings/${plugin}`;
    const parameters = operation.parameters.filter(({ name }) => name !== 'plugin');
    found.push(...stringFieldsIn({ ...operation, name: `PATCH ${path}`, path, parameters }, schema));
  }
  return found;
}
