import { request as httpRequest } from 'node:http';

/** One request of a test. */
export interface Ask {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text or bytes are sent as they are. */
  readonly body?: unknown;
  /** API token. */
  readonly token?: string;
  /** Slug of the organisation to act in. */
  readonly organisation?: string;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; `null` when it is none. */
  readonly json: unknown;
  /** A member of the JSON body by its path: `field('items', 0, 'id')`. */
  field(...path: readonly (string | number)[]): unknown;
}

/** Asks over TCP or a Unix socket, with nothing added: no cookies, no redirects, no retries. */
export function ask(to: { origin: string } | { socketPath: string }, path: string, options: Ask = {}): Promise<Answer> {
  const bytes = options.body instanceof Uint8Array || typeof options.body === 'string';
  const payload =
    options.body === undefined
      ? undefined
      : bytes
        ? Buffer.from(options.body as string)
        : Buffer.from(JSON.stringify(options.body));
  const headers = {
    ...(payload ? { 'content-type': 'application/json', 'content-length': String(payload.length) } : {}),
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    ...(options.organisation === undefined ? {} : { 'containr-organisation': options.organisation }),
    ...options.headers,
  };
  const target = 'origin' in to ? { host: '127.0.0.1', port: new URL(to.origin).port } : { socketPath: to.socketPath };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { ...target, path, method: options.method ?? 'GET', headers, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve(answerOf(incoming.statusCode ?? 0, incoming.headers, Buffer.concat(chunks).toString('utf8'))),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

function answerOf(status: number, headers: Answer['headers'], text: string): Answer {
  const json = parse(text);
  return {
    status,
    headers,
    text,
    json,
    field: (...path) =>
      path.reduce<unknown>(
        (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
        json,
      ),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
