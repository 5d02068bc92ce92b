import type { JSONSchema } from '@containr/sdk';
import type { Declared } from './declared.ts';
import type { Mount } from './mount.ts';
import { apiBase } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

/** Gives the document of a gateway, made anew when its mounts changed. */
export function openApiDocument(
  gateway: { readonly generation: number; readonly mounts: Parameters<typeof openApiOf>[0] },
  version: string,
): () => Json {
  let made: { generation: number; document: Json } | null = null;
  return () => {
    const { generation } = gateway;
    if (made?.generation !== generation) made = { generation, document: openApiOf(gateway.mounts, version) };
    return made.document;
  };
}

/** The OpenAPI 3.1 document of what is mounted, or was collected. */
export function openApiOf(mounts: readonly Pick<Mount, 'plugin' | 'declared'>[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const mount of mounts.toSorted((a, b) => (a.plugin < b.plugin ? -1 : 1))) {
    for (const declared of mount.declared) {
      if (declared.gone) continue;
      const path = declared.kind === 'raw' && declared.root ? declared.path : apiBase + declared.path;
      const entry = (paths[path.replace(/\/\*$/, '/{rest}')] ??= {});
      for (const method of methodsOf(declared))
        entry[method.toLowerCase()] = { operationId: idOf(method, path), ...operation(declared, mount.plugin) };
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Containr', version },
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'containr_session' },
      },
      responses: {
        problem: {
          description: 'A problem',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      schemas: { Problem: problem },
    },
  };
}

const problem: Json = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    hint: { type: ['string', 'null'] },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, message: { type: 'string' } },
        required: ['path', 'message'],
      },
    },
    requestId: { type: 'string' },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'hint', 'errors', 'requestId'],
};

/** `GET /projects/{id}/specs` is `getProjectsByIdSpecs`: it stays while method and path do. */
function idOf(method: string, path: string): string {
  const words = path.replace(apiBase, '').replace(/\*$/, '{rest}').split(/[/.-]/);
  return [
    method.toLowerCase(),
    ...words.map((word) => {
      const name = word.replace(/[{}]/g, '');
      const upper = name.charAt(0).toUpperCase() + name.slice(1);
      return word.startsWith('{') ? `By${upper}` : upper;
    }),
  ].join('');
}

function methodsOf(declared: Declared): readonly string[] {
  if (declared.kind === 'route') return [declared.method];
  return declared.kind === 'raw' ? declared.methods : ['GET'];
}

function operation(declared: Declared, plugin: string): Json {
  const { permission } = declared.access;
  return {
    summary: declared.summary,
    tags: [plugin],
    ...(permission === undefined
      ? { security: [], 'x-public': true }
      : { security: [{ token: [] }, { session: [] }], 'x-permission': permission }),
    parameters: [...pathParameters(declared), ...queryParameters(declared)],
    ...(declared.kind === 'route' && declared.body !== undefined
      ? { requestBody: { required: true, content: { 'application/json': { schema: asAsked(declared.body) } } } }
      : {}),
    ...(declared.kind === 'raw' && declared.accepts.length > 0
      ? {
          requestBody: {
            content: Object.fromEntries(declared.accepts.map((type) => [type === '*' ? '*/*' : type, {}])),
          },
        }
      : {}),
    responses: { ...success(declared), default: { $ref: '#/components/responses/problem' } },
  };
}

function success(declared: Declared): Json {
  switch (declared.kind) {
    case 'route':
      return {
        [declared.status]: {
          description: declared.summary,
          content: { 'application/json': { schema: declared.response } },
        },
      };
    case 'raw':
      return { 200: { description: declared.summary } };
    case 'events':
      return { 200: { description: declared.summary, content: { 'text/event-stream': {} } } };
    case 'socket':
      return { 101: { description: declared.summary } };
  }
}

function pathParameters(declared: Declared): readonly Json[] {
  const schemas = declared.kind === 'route' ? propertiesOf(declared.params) : {};
  const names = [...declared.path.matchAll(/\{([A-Za-z0-9]+)\}/g)].map((match) => match[1] ?? '');
  if (declared.path.endsWith('/*')) names.push('rest');
  return names.map((name) => ({ name, in: 'path', required: true, schema: schemas[name] ?? { type: 'string' } }));
}

function queryParameters(declared: Declared): readonly Json[] {
  if (declared.kind === 'raw') return [];
  const required = typeof declared.query === 'object' ? declared.query['required'] : undefined;
  return Object.entries(propertiesOf(declared.query)).map(([name, schema]) => ({
    name,
    in: 'query',
    required: Array.isArray(required) && required.includes(name) && !hasDefault(schema),
    schema,
  }));
}

/** A schema as who asks sees it: what has a default may be left out, though a handler always finds it there. */
function asAsked(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asAsked);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]: [string, unknown]) => {
    if (key !== 'required' || !Array.isArray(value)) return [key, key === 'default' ? value : asAsked(value)];
    const properties = propertiesOf(schema as JSONSchema);
    return [key, value.filter((name) => !hasDefault(properties[String(name)]))];
  });
  return Object.fromEntries(entries) as unknown;
}

function hasDefault(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && 'default' in schema;
}

function propertiesOf(schema: JSONSchema): Readonly<Record<string, unknown>> {
  const properties = typeof schema === 'object' ? schema['properties'] : undefined;
  return typeof properties === 'object' && properties !== null ? Object.fromEntries(Object.entries(properties)) : {};
}
