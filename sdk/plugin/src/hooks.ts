import type { Infer, JSONSchema } from './schema.ts';

/**
 * - `choose`: the first tap that returns something else than `undefined` decides.
 * - `amend`: each tap returns the value, changed or not, for the next.
 * - `gate`: taps run in order; a throw refuses.
 * - `verify`: taps run together; all failures are collected.
 */
export type HookKind = 'choose' | 'amend' | 'gate' | 'verify';

/** A point where other plugins choose, amend, gate or verify; made by its owner in `contract.ts`. */
export interface Hook<K extends HookKind = HookKind, P = unknown, R = unknown> {
  readonly type: 'hook';
  /** `noun.verb`. */
  readonly name: string;
  readonly kind: K;
  readonly payload: JSONSchema;
  readonly result: JSONSchema;
  /** Only types: what the schemas accept. */
  readonly accepts?: { payload: P; result: R };
  readonly summary: string;
}

/** What one tap returns, by kind. */
export type TapResult<K extends HookKind, P, R> = K extends 'choose' ? R | undefined : K extends 'amend' ? P : void;
/** What a plugin adds to a hook. */
export type Tap<K extends HookKind, P, R> = (payload: P, run: { signal: AbortSignal }) => Promise<TapResult<K, P, R>>;

/**
 * Defines a hook.
 *
 * @example export const ServiceDescribe = defineHook({ name: 'service.describe', kind: 'amend', payload: ServiceList, summary: 'Adds live status' });
 */
export function defineHook<
  const K extends HookKind,
  const P extends JSONSchema,
  const R extends JSONSchema = true,
>(hook: { name: string; kind: K; payload: P; result?: R; summary: string }): Hook<K, Infer<P>, Infer<R>> {
  return {
    type: 'hook',
    name: hook.name,
    kind: hook.kind,
    payload: hook.payload,
    result: hook.result ?? true,
    summary: hook.summary,
  };
}
