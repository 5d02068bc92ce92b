import type { Principal } from './principal.ts';
import type { Infer, JSONSchema } from './schema.ts';

/** Who may call: a permission, or everybody, said out loud. There is no third way. */
export type Access =
  { readonly permission: string; readonly public?: never } | { readonly public: true; readonly permission?: never };

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A cookie to set; `__Host-` rules hold: path `/`, Secure where the connection is, HttpOnly, SameSite=Lax. */
export interface Cookie {
  readonly name: string;
  /** Empty to clear. */
  readonly value: string;
  readonly maxAgeSeconds: number;
}

/** What every handler knows about its request. */
export interface RequestInfo {
  readonly id: string;
  readonly principal: Principal;
  /** Aborted when the client leaves or the plugin stops. */
  readonly signal: AbortSignal;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: Readonly<Record<string, string>>;
  readonly ip: string;
  /** Scheme, host and port as the client sees them, for example `http://localhost:3000`. */
  readonly origin: string;
}

/** A JSON request whose parts passed their schemas. */
export interface RouteRequest<P extends JSONSchema, Q extends JSONSchema, B extends JSONSchema> extends RequestInfo {
  readonly params: Infer<P>;
  readonly query: Infer<Q>;
  readonly body: Infer<B>;
}

/** An answer with more than a body. */
export interface Reply<T> {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly Cookie[];
  readonly body: T;
}

const replyMark = Symbol.for('containr.reply');

/** Marks an answer that sets status, headers or cookies. */
export function reply<T>(options: Reply<T>): Reply<T> {
  return Object.assign({ [replyMark]: true as const }, options);
}

/** Tells a {@link reply} from a plain body. */
export function isReply(value: unknown): value is Reply<unknown> {
  return typeof value === 'object' && value !== null && replyMark in value;
}

/** A JSON route. Paths are written below `/api/v1`, parameters as `{id}`; the first segment is one that the manifest claims. */
export type RouteOptions<
  P extends JSONSchema,
  Q extends JSONSchema,
  B extends JSONSchema,
  R extends JSONSchema,
> = Access & {
  readonly method: HttpMethod;
  readonly path: `/${string}`;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly response: R;
  /** Status of a plain answer; 200 by default. */
  readonly status?: number;
  /** Its answer tells whether a guess was right (a password, a one-time token): each address may ask seldom. */
  readonly guessable?: boolean;
  handler(request: RouteRequest<P, Q, B>): Promise<Infer<R> | Reply<Infer<R>>>;
};

/** Web `Request` in, web `Response` out: Git, uploads, webhooks. Path below `/api/v1`, or below a claimed root (`/git/…`) with `root: true`. */
export type RawOptions = Access & {
  readonly methods: readonly HttpMethod[];
  /** May end in `/*`; what it matched is `params['*']`. */
  readonly path: `/${string}`;
  readonly root?: boolean;
  readonly summary: string;
  /** Accepted request media types; `*` for any. */
  readonly accepts: readonly string[];
  /** Largest request body. */
  readonly maxBytes: number;
  /** Realm of a `WWW-Authenticate: Basic` challenge for who is not signed in (Git clients need it). */
  readonly basicRealm?: string;
  handler(request: Request, info: RequestInfo & { params: Readonly<Record<string, string>> }): Promise<Response>;
};

/** One server-sent event. */
export interface StreamEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data: unknown;
}

/** A server-sent event stream. */
export type EventsOptions<Q extends JSONSchema> = Access & {
  readonly path: `/${string}`;
  readonly summary: string;
  readonly query?: Q;
  /** Checks happen before the first `yield`; a throw there becomes a problem document. */
  open(
    request: RequestInfo & { query: Infer<Q>; lastEventId: string | null },
  ): AsyncIterable<StreamEvent> | Promise<AsyncIterable<StreamEvent>>;
};

/** One side of an open socket, in text or binary messages. */
export interface Socket {
  /** Sends a message. Who leaves more than 4 MiB unread is closed with 4000 and `SOCKET_NOT_READ`. */
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  /** Messages until it closes. */
  readonly messages: AsyncIterable<string | Uint8Array>;
}

/** A WebSocket. Its origin is checked before `open`. */
export type SocketOptions<Q extends JSONSchema> = Access & {
  readonly path: `/${string}`;
  readonly summary: string;
  /** Nothing that comes over it changes anything. Of any other, such as a terminal, each opening leaves a row in the audit log. */
  readonly readOnly?: boolean;
  readonly query?: Q;
  open(socket: Socket, request: RequestInfo & { query: Infer<Q> }): Promise<void>;
};
