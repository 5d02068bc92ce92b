import type { RequestOptions } from './client.ts';
import type { paths } from './generated/api.ts';

type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Operations = { [P in keyof paths as P extends `/api/v1${infer Rest}` ? Rest : never]: paths[P] };

/** Paths below `/api/v1` that take a method, with their parameters in braces: `/projects/{id}`. */
export type PathOf<M extends Verb> = {
  [P in keyof Operations]: Operations[P] extends Record<Lowercase<M>, object> ? P : never;
}[keyof Operations];

type Operation<M extends Verb, P> = P extends keyof Operations
  ? Operations[P] extends Record<Lowercase<M>, infer O>
    ? O
    : never
  : never;

type Parameters<O, Where extends string> = O extends { parameters: Record<Where, infer T> } ? T : never;
type Body<O> = O extends { requestBody: { content: { 'application/json': infer T } } } ? T : never;
type Given<Name extends string, T> = [T] extends [never]
  ? unknown
  : Record<never, never> extends T
    ? { readonly [N in Name]?: T }
    : { readonly [N in Name]: T };

/** What a request of the operation needs beside its path. */
export type CallOptions<M extends Verb, P> = Omit<RequestOptions, 'query' | 'body'> &
  Given<'params', Parameters<Operation<M, P>, 'path'>> &
  (Operation<M, P> extends { parameters: { query?: infer Q } }
    ? [Q] extends [undefined]
      ? unknown
      : { readonly query?: Q }
    : unknown) &
  Given<'body', Body<Operation<M, P>>>;

type Json<R> = R extends { content: { 'application/json': infer T } } ? T : undefined;

/** What the operation answers with. */
export type AnswerOf<M extends Verb, P> =
  Operation<M, P> extends { responses: infer R } ? Json<R[Extract<keyof R, 200 | 201 | 202 | 204>]> : never;

/** One item of a list route. */
export type ItemOf<P> = AnswerOf<'GET', P> extends { items: readonly (infer T)[] } ? T : never;

/** List routes: those that answer with `items`. */
export type ListPath = {
  [P in PathOf<'GET'>]: [ItemOf<P>] extends [never] ? never : P;
}[PathOf<'GET'>];

/** `/projects/{id}` with its parameters filled in. */
export function filledPath(path: string, params: Readonly<Record<string, unknown>> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(String(params[name])));
}
