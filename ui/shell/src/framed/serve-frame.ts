import { Allowance } from './allowance.ts';
import type { FramedPlugin } from './framed-plugin.ts';
import { frameRequests } from './frame-requests.ts';
import type { FrameMessage, ToFrame } from './messages.ts';
import { ownPage } from './own-places.ts';

const mostListeners = 40;

/** Does for one frame what any view may ask for: requests, events, pages, toasts. */
export interface FrameService {
  /** `false` for a message that is for somebody else. */
  handle(message: FrameMessage): boolean;
  close(): void;
}

/** Makes the service of a frame of a plugin. `send` reaches that frame alone; `mayMove` says whether a person is with it now. */
export function serveFrame(
  plugin: FramedPlugin,
  send: (message: ToFrame) => void,
  mayMove: () => boolean,
): FrameService {
  const { host } = plugin;
  const requests = frameRequests(plugin, send);
  const listeners = new Map<number, () => void>();
  const audible = new Set(plugin.framed.events);
  const toasts = new Allowance(4, 0.5);
  const moves = new Allowance(10, 2);

  function listen(id: number, topics: readonly string[]): void {
    if (listeners.has(id) || listeners.size >= mostListeners) return;
    const stop = host.listen(topics, (event) => {
      if (event === null || audible.has(event.name)) send({ type: 'event', id, event });
    });
    listeners.set(id, stop);
  }

  function toast(message: Extract<FrameMessage, { type: 'toast' }>): void {
    if (!toasts.take()) return;
    const { text, kind, action } = message;
    const to = action?.to === undefined ? null : ownPage(action.to, plugin.places, host.origin);
    const number = action?.number;
    const shown =
      to !== null && action
        ? { action: { label: action.label, to } }
        : action && number !== undefined
          ? { action: { label: action.label, run: () => send({ type: 'acted', number }) } }
          : {};
    host.toast({ text, kind, ...shown });
  }

  return {
    handle(message) {
      if (message.type === 'request') void requests.request(message);
      else if (message.type === 'pull') void requests.pull(message.id);
      else if (message.type === 'drop') requests.drop(message.id);
      else if (message.type === 'listen') listen(message.id, message.topics);
      else if (message.type === 'deafen') {
        listeners.get(message.id)?.();
        listeners.delete(message.id);
      } else if (message.type === 'toast') toast(message);
      else if (message.type === 'navigate') {
        const path = ownPage(message.to, plugin.places, host.origin);
        if (path !== null && mayMove() && moves.take()) host.navigate(path, message.replace);
      } else return false;
      return true;
    },
    close() {
      requests.close();
      for (const stop of listeners.values()) stop();
      listeners.clear();
    },
  };
}
