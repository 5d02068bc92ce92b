import type { EntitySchema } from '@mikro-orm/core';
import type { PluginContext } from './context.ts';
import type { Infer, JSONSchema } from './schema.ts';
import type { Migration } from './store.ts';

/** The server half of a plugin: the default export of `src/plugin.ts`. */
export interface Plugin<S extends JSONSchema = JSONSchema> {
  /** Schema of the settings that an admin edits; each property needs a `default`, secrets carry `writeOnly: true`. */
  readonly settings?: S;
  readonly entities?: readonly EntitySchema[];
  readonly migrations?: readonly Migration[];
  /** Registers everything through `ctx`. A throw leaves nothing behind. */
  setup(ctx: PluginContext<Infer<S>>): Promise<void> | void;
  /** Run after `setup`, before a swap; a throw keeps the old one. */
  verify?(ctx: PluginContext<Infer<S>>): Promise<void>;
  /** Run before disposal, to hand work over; bounded by the signal. */
  settle?(signal: AbortSignal): Promise<void>;
}

/**
 * Defines a plugin.
 *
 * @example export default definePlugin({ setup(ctx) { ctx.http.route({ method: 'GET', path: '/hello', permission: 'hello:read', summary: 'Greets', response: Greeting, handler: async () => ({ text: 'hello' }) }); } });
 */
export function definePlugin<
  const S extends JSONSchema = {
    readonly type: 'object';
    readonly properties: {};
    readonly additionalProperties: false;
  },
>(plugin: Plugin<S>): Plugin<S> {
  return plugin;
}
