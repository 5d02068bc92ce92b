import type { TestPlatform } from '@containr/testing';

export type Json = Readonly<Record<string, unknown>>;

/** One declared way to ask a platform, as its own OpenAPI document tells it: a route that is new is in it at once. */
export interface Operation {
  /** `POST /api/v1/projects`. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly plugin: string;
  /** `null`: public. */
  readonly permission: string | null;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query';
    readonly required: boolean;
    readonly schema: Json;
  }[];
  /** Schema of the JSON body. */
  readonly body: Json | null;
  /** Media types that are taken as they are, beside JSON. */
  readonly raw: readonly string[];
  /** Schema of a good answer; `null` where it is no JSON. */
  readonly answer: Json | null;
  readonly kind: 'json' | 'raw' | 'events' | 'socket';
}

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}

/** Every operation that a platform declares now. */
export async function operationsOf(test: TestPlatform): Promise<readonly Operation[]> {
  const document = await test.console('/openapi.json');
  const found: Operation[] = [];
  for (const [path, methods] of Object.entries(record(document.field('paths')))) {
    for (const [method, operation] of Object.entries(record(methods)))
      found.push(read(path, method, record(operation)));
  }
  return found;
}

function read(path: string, method: string, operation: Json): Operation {
  const content = record(record(operation['requestBody'])['content']);
  const json = record(content['application/json'])['schema'];
  const responses = record(operation['responses']);
  const [status = '200'] = Object.keys(responses).filter((one) => one !== 'default');
  const answers = record(record(responses[status])['content']);
  const answer = record(answers['application/json'])['schema'];
  const raw = Object.keys(content).filter((type) => type !== 'application/json' || !isRecord(json));
  const upper = method.toUpperCase() as Operation['method'];
  const permission = operation['x-permission'];
  return {
    name: `${upper} ${path}`,
    method: upper,
    path,
    plugin: String((operation['tags'] as string[] | undefined)?.[0]),
    permission: typeof permission === 'string' ? permission : null,
    parameters: (operation['parameters'] as Operation['parameters'] | undefined) ?? [],
    body: isRecord(json) ? json : null,
    raw,
    answer: isRecord(answer) ? answer : null,
    kind: status === '101' ? 'socket' : 'text/event-stream' in answers ? 'events' : isRecord(answer) ? 'json' : 'raw',
  };
}
