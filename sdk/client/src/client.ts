import { problemOf, unreachable } from './api-error.ts';
import type { AnswerOf, CallOptions, ItemOf, ListPath, PathOf } from './operations.ts';
import { filledPath } from './operations.ts';
import type { ServerEvent } from './server-sent-events.ts';
import { followStream } from './follow-stream.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Query = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

/** Whom the client talks to, and as whom. */
export interface ClientOptions {
  /** Scheme, host and port of the control plane, for example `http://127.0.0.1:3000`. Paths are below `/api/v1`. */
  readonly origin: string;
  /** API token; without one the browser's cookie is used. */
  readonly token?: string;
  /** Slug, for sessions that belong to several organisations. */
  readonly organisation?: string;
  /** Transport: replace it to talk over a Unix socket, or in tests. */
  readonly fetch?: typeof globalThis.fetch;
  /** Longest wait for an answer, unless a request says otherwise; 30 s. */
  readonly timeoutMs?: number;
  /** Called when an answer says that nobody is signed in (any more). */
  readonly onUnauthenticated?: () => void;
}

export interface RequestOptions {
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** `ETag` that the resource must still have. */
  readonly ifMatch?: string;
}

/** How a live stream is doing. */
export type StreamState =
  { readonly state: 'open' } | { readonly state: 'lost'; readonly error: Error; readonly retryInMs: number };

export interface StreamOptions {
  readonly query?: Query;
  /** Go on after this event. */
  readonly lastEventId?: string | null;
  readonly signal?: AbortSignal;
  /** Connect again after a loss, with the last id; true by default. With `false` the end of the connection ends the iteration. */
  readonly reconnect?: boolean;
  /** Silence after which a connection counts as lost; 45 s. */
  readonly silenceMs?: number;
  readonly onState?: (state: StreamState) => void;
}

/** One page of a list route. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** The API of one control plane. Every failure is an {@link ApiError}; aborts stay `AbortError`s. */
export interface Client {
  readonly origin: string;
  /** One request of an operation that this build knows: path, parameters, query, body and answer are typed. */
  call<M extends Exclude<Method, 'HEAD'>, P extends PathOf<M>>(
    method: M,
    path: P,
    ...options: Record<never, never> extends CallOptions<M, P> ? [CallOptions<M, P>?] : [CallOptions<M, P>]
  ): Promise<AnswerOf<M, P>>;
  /** All items of a list that this build knows, page by page. */
  each<P extends ListPath>(path: P, options?: CallOptions<'GET', P>): AsyncIterable<ItemOf<P>>;
  /** One request to any path, for plugins that are not part of this build; `path` is below `/api/v1`. Answers the body, `undefined` for 204. */
  request<T = unknown>(method: Method, path: string, options?: RequestOptions): Promise<T>;
  /** All items of a list, page by page. */
  list<T>(path: string, options?: { query?: Query; signal?: AbortSignal }): AsyncIterable<T>;
  /** Events of a server-sent stream; resumes by itself. Ends with the signal, or after an event named `end`. */
  stream<T = unknown>(path: string, options?: StreamOptions): AsyncIterable<ServerEvent<T>>;
  /** Reads what is no JSON, as it comes: an export. */
  download(path: string, options?: { query?: Query; signal?: AbortSignal }): Promise<ReadableStream<Uint8Array>>;
  /** Sends bytes as they are: a Blob, a buffer, or a stream (Node). */
  upload<T = unknown>(
    path: string,
    body: Blob | Uint8Array | ReadableStream<Uint8Array>,
    contentType: string,
    options?: { signal?: AbortSignal; query?: Query; timeoutMs?: number },
  ): Promise<T>;
}

/**
 * Makes a client.
 *
 * @example
 * const client = createClient({ origin: 'http://127.0.0.1:3000', token });
 * const { items } = await client.call('GET', '/projects', { query: { limit: 20 } });
 */
export function createClient(options: ClientOptions): Client {
  const send: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const origin = options.origin.replace(/\/$/, '');

  async function open(method: Method, path: string, init: RequestInit, query: Query | undefined): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('accept', headers.get('accept') ?? 'application/json, application/problem+json');
    if (options.token) headers.set('authorization', `Bearer ${options.token}`);
    if (options.organisation) headers.set('containr-organisation', options.organisation);
    let response: Response;
    try {
      response = await send(`${origin}/api/v1${path}${queryText(query)}`, {
        ...init,
        method,
        headers,
        credentials: 'same-origin',
      });
    } catch (error) {
      if (init.signal?.aborted && !isTimeout(init.signal.reason)) throw init.signal.reason;
      throw unreachable(origin || 'The control plane', error);
    }
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (problem.code === 'UNAUTHENTICATED') options.onUnauthenticated?.();
    throw problem;
  }

  const client: Client = {
    origin,
    call<M extends Exclude<Method, 'HEAD'>, P extends PathOf<M>>(method: M, path: P, ...[given]: readonly unknown[]) {
      const { params, ...request } = (given ?? {}) as RequestOptions & { params?: Readonly<Record<string, unknown>> };
      return client.request<AnswerOf<M, P>>(method, filledPath(path, params), request);
    },
    each<P extends ListPath>(path: P, given?: CallOptions<'GET', P>) {
      const { params, ...options } = (given ?? {}) as RequestOptions & { params?: Readonly<Record<string, unknown>> };
      return client.list<ItemOf<P>>(filledPath(path, params), options);
    },
    async request<T>(method: Method, path: string, request: RequestOptions = {}): Promise<T> {
      const headers = new Headers(request.headers);
      if (request.body !== undefined) headers.set('content-type', headers.get('content-type') ?? 'application/json');
      if (request.ifMatch) headers.set('if-match', request.ifMatch);
      const init: RequestInit = {
        headers,
        signal: deadline(request.signal, request.timeoutMs ?? options.timeoutMs ?? 30_000),
      };
      if (request.body !== undefined) init.body = JSON.stringify(request.body);
      return bodyOf<T>(await open(method, path, init, request.query));
    },
    async *list<T>(path: string, list: { query?: Query; signal?: AbortSignal } = {}): AsyncGenerator<T> {
      let cursor: string | null = null;
      do {
        const page: Page<T> = await client.request<Page<T>>('GET', path, {
          query: { ...list.query, ...(cursor ? { cursor } : {}) },
          ...(list.signal ? { signal: list.signal } : {}),
        });
        yield* page.items;
        cursor = page.nextCursor;
      } while (cursor);
    },
    stream<T>(path: string, stream: StreamOptions = {}): AsyncIterable<ServerEvent<T>> {
      return followStream<T>(
        (lastEventId, signal) =>
          open(
            'GET',
            path,
            {
              headers: { accept: 'text/event-stream', ...(lastEventId ? { 'last-event-id': lastEventId } : {}) },
              signal,
              cache: 'no-store',
            },
            stream.query,
          ),
        stream,
      );
    },
    async download(path, download = {}) {
      const init: RequestInit = {
        headers: { accept: '*/*' },
        ...(download.signal ? { signal: download.signal } : {}),
      };
      return (await open('GET', path, init, download.query)).body ?? new Blob([]).stream();
    },
    async upload<T>(
      path: string,
      body: Blob | Uint8Array | ReadableStream<Uint8Array>,
      contentType: string,
      upload: { signal?: AbortSignal; query?: Query; timeoutMs?: number } = {},
    ): Promise<T> {
      const init: RequestInit & { duplex?: 'half' } = {
        headers: { 'content-type': contentType },
        body: body as NonNullable<RequestInit['body']>,
        signal: deadline(upload.signal, upload.timeoutMs ?? 600_000),
      };
      if (body instanceof ReadableStream) init.duplex = 'half';
      return bodyOf<T>(await open('POST', path, init, upload.query));
    },
  };
  return client;
}

function queryText(query: Query | undefined): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === null || value === undefined || value === '') continue;
    parameters.set(key, Array.isArray(value) ? value.join(',') : String(value));
  }
  const text = parameters.toString();
  return text ? `?${text}` : '';
}

function deadline(signal: AbortSignal | undefined, ms: number): AbortSignal {
  const timeout = AbortSignal.timeout(ms);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

async function bodyOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  // The server checks answers against the route's schema; T is what that schema infers.
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
