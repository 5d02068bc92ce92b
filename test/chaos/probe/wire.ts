import { named } from './names.ts';
import type { Passes } from './passes.ts';

interface Socket {
  send: (this: Socket, ...given: unknown[]) => unknown;
  emit: (this: Socket, ...given: unknown[]) => boolean;
}

/** What agents and control planes say to each other all the time, whatever else happens. */
const pulse = new Set(['node.bearer', 'ping', 'pong']);

/** Names what goes over the line between agent and control plane: on both ends, before and after it is sent or taken. */
export function watchWire(passes: Passes, find: NodeJS.Require): void {
  const { WebSocket } = find('ws') as { WebSocket: { prototype: Socket } };
  const { send, emit } = WebSocket.prototype;
  const asked = new WeakMap<Socket, Map<string, string>>();
  const know = (socket: Socket): Map<string, string> => {
    const known = asked.get(socket) ?? new Map<string, string>();
    asked.set(socket, known);
    return known;
  };
  WebSocket.prototype.send = function watched(...given) {
    const what = said(given[0], know(this), 'out');
    if (what) passes.pass('before', `send ${what}`);
    const result = send.apply(this, given);
    if (what) passes.pass('after', `send ${what}`);
    return result;
  };
  WebSocket.prototype.emit = function watched(...given) {
    const what = given[0] === 'message' ? said(given[1], know(this), 'in') : null;
    if (what) passes.pass('before', `take ${what}`);
    return emit.apply(this, given);
  };
}

/** The name of a message; answers have the name of what was asked. */
function said(message: unknown, asked: Map<string, string>, way: 'in' | 'out'): string | null {
  const text = Buffer.isBuffer(message) ? message.toString('utf8') : typeof message === 'string' ? message : '';
  if (!text.startsWith('{') || text.length > 1_000_000) return null;
  const { id, method, params } = JSON.parse(text) as { id?: string | number; method?: unknown; params?: unknown };
  if (typeof method !== 'string') {
    const question = asked.get(`${way === 'in' ? 'out' : 'in'} ${String(id)}`);
    return question ? `answer to ${question}` : null;
  }
  if (pulse.has(method)) return null;
  const detail = ['capability', 'name', 'task'].flatMap((key) => {
    const value: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, key) : undefined;
    return typeof value === 'string' ? [named(value)] : [];
  });
  const what = [method, ...detail].join(' ');
  if (id !== undefined) asked.set(`${way} ${String(id)}`, what);
  return what;
}
