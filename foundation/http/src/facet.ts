import type { Access, Owned, RequestInfo, Scope } from '@containr/sdk';
import type { PlatformHttp } from '@containr/sdk/host';
import { Meter } from '@containr/sdk/host';
import type { Claims, Declared } from './declared.ts';
import { checkDeclared, labelOf } from './declared.ts';
import { errors } from './errors.ts';

type Info = RequestInfo & { params: Readonly<Record<string, string>> };

/** The `ctx.http` of a plugin, or of the platform itself: declarations are collected, and become a mount when set-up is done. */
export function httpFacet(
  scope: Scope,
  claims: Claims,
  origin: () => string,
): { http: PlatformHttp; declared: readonly Declared[]; seal(): void } {
  const declared: Declared[] = [];
  let sealed = false;

  function add(one: Declared): Owned {
    if (sealed) throw errors.ROUTE_TOO_LATE(claims.plugin, labelOf(one));
    checkDeclared(one, claims);
    declared.push(one);
    const label = labelOf(one);
    return scope.own(label, () => void (one.gone = true), {
      kind: one.kind,
      handlers: [{ label, meter: one.meter }],
    });
  }

  const http: PlatformHttp = {
    route: (options) =>
      add({
        kind: 'route',
        ...common(options),
        method: options.method,
        params: options.params ?? true,
        query: options.query ?? true,
        body: options.body,
        response: options.response,
        status: options.status ?? 200,
        // Fastify has checked the parts against the very schemas that this type is inferred from.
        handler: (request) => options.handler(request as never),
      }),
    raw: (options) =>
      add({
        kind: 'raw',
        ...common(options),
        methods: options.methods,
        root: options.root ?? false,
        accepts: options.accepts,
        maxBytes: options.maxBytes,
        basicRealm: options.basicRealm,
        handler: (request, info) => options.handler(request(), info as Info),
      }),
    plain: (options) =>
      add({
        kind: 'raw',
        ...common(options),
        methods: ['GET'],
        root: options.root ?? false,
        accepts: [],
        maxBytes: 0,
        basicRealm: undefined,
        handler: (_request, info) => options.handler(info as Info),
      }),
    events: (options) =>
      add({
        kind: 'events',
        ...common(options),
        query: options.query ?? true,
        open: (request) => options.open(request as never),
      }),
    socket: (options) =>
      add({
        kind: 'socket',
        ...common(options),
        readOnly: options.readOnly ?? false,
        query: options.query ?? true,
        open: (socket, request) => options.open(socket, request as never),
      }),
    get origin() {
      return origin();
    },
  };
  return {
    http,
    declared,
    seal() {
      sealed = true;
    },
  };
}

function common(
  options: Access & { readonly path: `/${string}`; readonly summary: string; readonly guessable?: boolean },
) {
  const access: Access = options.public ? { public: true } : { permission: options.permission };
  const { path, summary, guessable = false } = options;
  return { path, access, summary, guessable, gone: false, meter: new Meter() };
}
