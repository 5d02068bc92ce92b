import type { Access, HttpMethod, JSONSchema, Socket, StreamEvent } from '@containr/sdk';
import type { Meter, PlainAnswer } from '@containr/sdk/host';
import { errors } from './errors.ts';
import type { RequestContext } from './request-context.ts';

interface Declaration {
  readonly path: `/${string}`;
  readonly access: Access;
  readonly summary: string;
  /** Its answer tells whether a guess was right. */
  readonly guessable: boolean;
  /** Set when the plugin took the route back. */
  gone: boolean;
  /** What its handler does, counted. */
  readonly meter: Meter;
}

export interface DeclaredRoute extends Declaration {
  readonly kind: 'route';
  readonly method: HttpMethod;
  readonly params: JSONSchema;
  readonly query: JSONSchema;
  readonly body: JSONSchema | undefined;
  readonly response: JSONSchema;
  readonly status: number;
  handler(request: RequestContext): Promise<unknown>;
}

export interface DeclaredRaw extends Declaration {
  readonly kind: 'raw';
  readonly methods: readonly HttpMethod[];
  readonly root: boolean;
  readonly accepts: readonly string[];
  readonly maxBytes: number;
  readonly basicRealm: string | undefined;
  /** `request` makes the web request of it, for who reads it. */
  handler(request: () => Request, info: RequestContext): Promise<Response | PlainAnswer>;
}

export interface DeclaredEvents extends Declaration {
  readonly kind: 'events';
  readonly query: JSONSchema;
  open(request: RequestContext): AsyncIterable<StreamEvent> | Promise<AsyncIterable<StreamEvent>>;
}

export interface DeclaredSocket extends Declaration {
  readonly kind: 'socket';
  readonly readOnly: boolean;
  readonly query: JSONSchema;
  open(socket: Socket, request: RequestContext): Promise<void>;
}

/** Anything that a plugin answers with over HTTP. */
export type Declared = DeclaredRoute | DeclaredRaw | DeclaredEvents | DeclaredSocket;

/** What a mount may declare: the segments and roots that are its own, and the permissions that exist. */
export interface Claims {
  readonly plugin: string;
  readonly segments: readonly string[];
  readonly roots: readonly string[];
  knows(permission: string): boolean;
}

/** Methods and path of a declaration, for labels and messages. */
export function labelOf(declared: Declared): string {
  if (declared.kind === 'route') return `route ${declared.method} ${declared.path}`;
  if (declared.kind === 'raw') return `raw ${declared.methods.join(',')} ${declared.path}`;
  return `${declared.kind} ${declared.path}`;
}

/**
 * Refuses what may not be registered: no permission (`ROUTE_PERMISSION_MISSING`), one that nobody declares
 * (`PERMISSION_UNKNOWN`), a path outside the plugin's claims (`SEGMENT_NOT_CLAIMED`).
 */
export function checkDeclared(declared: Declared, claims: Claims): void {
  const { permission } = declared.access;
  if (permission === undefined && declared.access.public !== true)
    throw errors.ROUTE_PERMISSION_MISSING(claims.plugin, labelOf(declared));
  if (permission !== undefined && !claims.knows(permission))
    throw errors.PERMISSION_UNKNOWN(claims.plugin, labelOf(declared), permission);
  const root = declared.kind === 'raw' && declared.root;
  const first = declared.path.split('/')[1] ?? '';
  if (!(root ? claims.roots : claims.segments).includes(first))
    throw errors.SEGMENT_NOT_CLAIMED(claims.plugin, labelOf(declared), root ? 'root' : 'segment', first);
}
