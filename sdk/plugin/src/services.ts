import type { Principal } from './principal.ts';
import type { Infer, JSONSchema } from './schema.ts';

/** Input and output types of each method, by name. */
export type Methods = Readonly<Record<string, { readonly input: unknown; readonly output: unknown }>>;

/** Schemas of each method, by name. */
export type MethodSchemas = Readonly<Record<string, { readonly input: JSONSchema; readonly output: JSONSchema }>>;

/** What plugins call each other through: schema'd asynchronous methods, so that either side may run in another process. */
export interface Contract<M extends Methods = Methods> {
  readonly type: 'contract';
  readonly name: string;
  readonly summary: string;
  readonly methods: MethodSchemas;
  /** Only types: what the schemas accept. */
  readonly accepts?: M;
}

/** Travels with each call. */
export interface Call {
  /** For whom the callee acts; it looks ids up inside this principal's organisation. */
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

/** What the provider writes. */
export type Implementation<M extends Methods> = {
  readonly [K in keyof M]: (input: M[K]['input'], call: Call) => Promise<M[K]['output']>;
};

/** What the consumer holds; bound late, so it survives the provider's replacement. */
export type Client<M extends Methods> = {
  readonly [K in keyof M]: (
    input: M[K]['input'],
    call: { principal: Principal; signal?: AbortSignal },
  ) => Promise<M[K]['output']>;
};

/** One of several providers of a contract (a runtime, a builder). */
export interface Provider<M extends Methods> {
  /** The provider's id, for example `docker`. */
  readonly id: string;
  readonly plugin: string;
  readonly client: Client<M>;
}

/**
 * Defines a contract. One provider: use `ctx.services.get`; several: `ctx.services.providers`.
 *
 * @example export const Greeter = defineContract('greeter', 'Greets people', { greet: { input: Name, output: Greeting } });
 */
export function defineContract<const S extends MethodSchemas>(
  name: string,
  summary: string,
  methods: S,
): Contract<{
  readonly [K in keyof S]: { readonly input: Infer<S[K]['input']>; readonly output: Infer<S[K]['output']> };
}> {
  return { type: 'contract', name, summary, methods };
}
