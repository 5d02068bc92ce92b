import type { LiveEvent } from '@containr/ui-kit';
import type { FrameMessage, Given, Surroundings, ToFrame } from '../messages.ts';
import { bridgedFetch } from './bridged-fetch.ts';

/** The dashboard, as code in a frame reaches it. */
export interface Outside {
  send(message: FrameMessage): void;
  readonly fetch: typeof globalThis.fetch;
  listen(topics: readonly string[], handler: (event: LiveEvent | null) => void): () => void;
  /** Keeps what a toast's button does; gives the number by which it is called. */
  keep(action: () => void): number;
  /** What is told later; set by who draws. */
  onAround: (around: Surroundings) => void;
  onGiven: (given: Given) => void;
  onWork: (outlet: string, contribution: string) => unknown;
  hear(message: ToFrame): void;
}

/** Makes it over a function that sends text. */
export function createOutside(post: (text: string) => void): Outside {
  const send = (message: FrameMessage): void => post(JSON.stringify(message));
  const network = bridgedFetch(send);
  const listeners = new Map<number, (event: LiveEvent | null) => void>();
  const actions = new Map<number, () => void>();
  let last = 0;

  async function work(id: number, outlet: string, contribution: string): Promise<void> {
    try {
      send({ type: 'result', id, value: (await outside.onWork(outlet, contribution)) ?? null });
    } catch (error) {
      send({ type: 'refused', id, detail: messageOf(error) });
    }
  }

  const outside: Outside = {
    send,
    fetch: network.fetch,
    onAround: () => undefined,
    onGiven: () => undefined,
    onWork: () => undefined,
    listen(topics, handler) {
      const id = (last += 1);
      listeners.set(id, handler);
      send({ type: 'listen', id, topics: [...topics] });
      return () => {
        listeners.delete(id);
        send({ type: 'deafen', id });
      };
    },
    keep(action) {
      actions.set((last += 1), action);
      actions.delete(last - 100);
      return last;
    },
    hear(message) {
      if (message.type === 'around') outside.onAround(message.around);
      else if (message.type === 'given') outside.onGiven(message.given);
      else if (message.type === 'work') void work(message.id, message.outlet, message.contribution);
      else if (message.type === 'event') listeners.get(message.id)?.(message.event);
      else if (message.type === 'acted') actions.get(message.number)?.();
      else if (message.type === 'beat') send({ type: 'alive', beat: message.beat });
      else network.hear(message);
    },
  };
  return outside;
}

/** What went wrong, at most as long as it may be told. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 1_000);
}
