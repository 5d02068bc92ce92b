import type { Logger } from '@containr/sdk';
import type { FastifyReply, FastifyRequest, onSendHookHandler, preHandlerHookHandler } from 'fastify';
import { errors } from './errors.ts';

/** An answer that can be given again. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As it was sent; `null` for none. */
  readonly body: string | null;
}

/** What is known of a key: nothing (`new`: it is this request's now), another request, one under way, or its answer. */
export type Begun =
  | { readonly state: 'new' | 'mismatch' | 'running'; readonly answer?: undefined }
  | { readonly state: 'done'; readonly answer: StoredAnswer };

/** Remembers answers by key for a day. */
export interface IdempotencyStore {
  /** `scope` is who asks for what with which key, `content` the request itself. */
  begin(scope: string, content: string): Promise<Begun>;
  finish(scope: string, answer: StoredAnswer): Promise<void>;
  /** The request had no answer that holds: the key is free again. */
  forget(scope: string): Promise<void>;
}

/** Headers that say something about the answer, not about the connection or the session. */
const kept = ['content-type', 'location', 'etag'];
const saneKey = /^[\x21-\x7e]{1,255}$/;
/** Answers that a further try may well find different. */
const passing = new Set([401, 403, 409, 429]);

const scopes = new WeakMap<FastifyRequest, string>();

/**
 * Hooks that honour `Idempotency-Key` on a POST route: the same key with the same request gets the same answer, which is
 * kept for a day. Throws 422 `IDEMPOTENCY_MISMATCH` for another request, 409 `CONFLICT_IDEMPOTENT` while the first is under
 * way. Who is not signed in has no keys: anybody could ask for the answer.
 */
export function idempotent(
  route: { readonly plugin: string; readonly path: string },
  answers: IdempotencyStore,
  log: Logger,
): { preHandler: preHandlerHookHandler; onSend: onSendHookHandler } {
  async function begin(request: FastifyRequest, reply: FastifyReply, key: string): Promise<boolean> {
    const { principal } = request.containr;
    if (principal.kind === 'anonymous') return false;
    if (!saneKey.test(key)) throw errors.IDEMPOTENCY_KEY();
    const who = [principal.kind, principal.id, principal.organisation];
    const scope = JSON.stringify([who, route.plugin, route.path, key]);
    const begun = await answers.begin(scope, JSON.stringify([request.url, request.body ?? null]));
    if (begun.state === 'mismatch') throw errors.IDEMPOTENCY_MISMATCH();
    if (begun.state === 'running') throw errors.CONFLICT_IDEMPOTENT();
    if (!begun.answer) {
      scopes.set(request, scope);
      return false;
    }
    const { status, headers, body } = begun.answer;
    void reply
      .code(status)
      .headers(headers)
      .header('idempotency-replayed', 'true')
      .send(body ?? undefined);
    return true;
  }

  async function end(request: FastifyRequest, reply: FastifyReply, scope: string, payload: unknown): Promise<void> {
    const status = reply.statusCode;
    if (
      status >= 500 ||
      passing.has(status) ||
      (typeof payload !== 'string' && payload !== null && payload !== undefined)
    )
      return answers.forget(scope);
    const headers = Object.fromEntries(
      kept.flatMap((name) => {
        const value = reply.getHeader(name);
        return value === undefined ? [] : [[name, String(value)]];
      }),
    );
    return answers.finish(scope, { status, headers, body: typeof payload === 'string' ? payload : null });
  }

  return {
    preHandler(request, reply, done) {
      const key = request.headers['idempotency-key'];
      if (key === undefined) return done();
      begin(request, reply, String(key)).then((answered) => (answered ? undefined : done()), done);
      return undefined;
    },
    onSend(request, reply, payload, done) {
      const scope = scopes.get(request);
      if (scope === undefined) return done(null, payload);
      scopes.delete(request);
      end(request, reply, scope, payload).then(
        () => done(null, payload),
        (error: unknown) => {
          log.error({ error, requestId: request.id }, 'The answer to a request with an Idempotency-Key was not kept');
          done(null, payload);
        },
      );
      return undefined;
    },
  };
}
