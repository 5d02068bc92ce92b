import type { Access, HttpMethod, JSONSchema, Socket, StreamEvent } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { Meter } from '@containr/sdk/host';
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
  handler(request: Request, info: RequestContext): Promise<Response>;
}

export interface DeclaredEvents extends Declaration {
  readonly kind: 'events';
  readonly query: JSONSchema;
  open(request: RequestContext): AsyncIterable<StreamEvent> | Promise<AsyncIterable<StreamEvent>>;
}

export interface DeclaredSocket extends Declaration {
  readonly kind: 'socket';
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
  if (permission === undefined && declared.access.public !== true) {
    throw new ContainrError({
      code: 'ROUTE_PERMISSION_MISSING',
      status: 500,
      detail: `${claims.plugin} registers "${labelOf(declared)}" without saying who may call it.`,
      hint: 'Give the route a permission, or say public: true.',
    });
  }
  if (permission !== undefined && !claims.knows(permission)) {
    throw new ContainrError({
      code: 'PERMISSION_UNKNOWN',
      status: 500,
      detail: `${claims.plugin} registers "${labelOf(declared)}" with the permission "${permission}", which nothing declares.`,
      hint: 'Declare the permission in the manifest of the plugin that owns it.',
    });
  }
  const root = declared.kind === 'raw' && declared.root;
  const first = declared.path.split('/')[1] ?? '';
  if (!(root ? claims.roots : claims.segments).includes(first)) {
    throw new ContainrError({
      code: 'SEGMENT_NOT_CLAIMED',
      status: 500,
      detail: `${claims.plugin} registers "${labelOf(declared)}", but its manifest doesn't claim the ${root ? 'root' : 'segment'} "${first}".`,
      hint: `Add "${first}" to "${root ? 'roots' : 'segments'}" in the manifest.`,
    });
  }
}
