import { errors } from './errors.ts';

/** What only adds something to a plugin's scope; it can be heard without a platform behind it. */
const registers = new Set([
  'define',
  'handle',
  'on',
  'onChange',
  'onConnect',
  'onReport',
  'onTaskEnd',
  'onTaskOutput',
  'own',
  'provide',
  'repeat',
  'subscribe',
  'tap',
]);
const gets = new Set(['for', 'get', 'principal', 'system']);

/**
 * Stands in for a part of a platform that does not run, but for the members that are given: registrations are heard and
 * forgotten, anything that would have to do something throws `SETUP_NEEDS_PLATFORM`.
 */
export function inert<T>(plugin: string, path: string, given: Readonly<Record<string, unknown>> = {}): T {
  const stand = new Proxy(() => undefined, {
    get(_target, key) {
      if (typeof key === 'symbol' || key === 'then') return undefined;
      return Object.hasOwn(given, key) ? given[key] : inert<unknown>(plugin, `${path}.${key}`);
    },
    apply() {
      const verb = path.slice(path.lastIndexOf('.') + 1);
      if (registers.has(verb)) return { label: path, dispose: async () => undefined };
      if (path.includes('.log.')) return undefined;
      if (gets.has(verb)) return inert<unknown>(plugin, `${path}()`);
      throw errors.SETUP_NEEDS_PLATFORM(plugin, path);
    },
  });
  // It has every member that is asked for; the type says which ones callers may ask for.
  return stand as never;
}
