import { ref, shallowRef } from 'vue';
import type { Ref, ShallowRef } from 'vue';
import type { Client } from '@containr/client';
import type { LiveEvent } from '@containr/ui-kit';

type Handler = (event: LiveEvent | null) => void;

/** The one event stream of this tab. */
export interface LiveHub {
  readonly state: Ref<'off' | 'connecting' | 'connected' | 'lost'>;
  readonly lostAt: ShallowRef<number | null>;
  listen(topics: readonly string[], handler: Handler): () => void;
  start(): void;
  stop(): void;
}

const regroupMs = 40;

/** Makes the hub: one connection for all topics that anybody listens to, opened again with the last position when the set changes. */
export function createLiveHub(client: Client): LiveHub {
  const listeners = new Set<{ topics: readonly string[]; handler: Handler }>();
  const state: LiveHub['state'] = ref('off');
  const lostAt = shallowRef<number | null>(null);
  let current: AbortController | null = null;
  let connectedTopics = '';
  let lastEventId: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let on = false;

  function topics(): string[] {
    return [...new Set([...listeners].flatMap((listener) => listener.topics))].sort();
  }

  function regroup(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const wanted = on ? topics() : [];
      if (wanted.join(',') === connectedTopics) return;
      connectedTopics = wanted.join(',');
      current?.abort();
      current = null;
      if (wanted.length > 0) void follow(wanted);
      else state.value = 'off';
    }, regroupMs);
  }

  async function follow(wanted: readonly string[]): Promise<void> {
    const mine = new AbortController();
    current = mine;
    if (state.value === 'off') state.value = 'connecting';
    try {
      const events = client.stream<{ topics: readonly string[]; payload: unknown }>('/events', {
        query: { topics: wanted },
        lastEventId,
        signal: mine.signal,
        onState(next) {
          if (current !== mine) return;
          if (next.state === 'open') {
            const missed = lastEventId === null || lostAt.value !== null;
            state.value = 'connected';
            lostAt.value = null;
            // Without a position, something may have happened between a view's first read and now; and what could not be
            // read while the connection was lost is read again.
            if (missed) tell(null);
          } else {
            state.value = 'lost';
            lostAt.value ??= Date.now();
          }
        },
      });
      for await (const event of events) {
        if (event.id !== null) lastEventId = event.id;
        if (event.event === 'reset') tell(null);
        else tell({ name: event.event, data: event.data.payload }, event.data.topics);
      }
    } catch {
      // A refusal (signed out, no permission): views show their own failures.
      if (current === mine) {
        state.value = 'off';
        connectedTopics = '';
      }
    }
  }

  function tell(event: LiveEvent | null, concerned: readonly string[] = []): void {
    for (const { topics: wanted, handler } of [...listeners]) {
      if (event === null || wanted.some((topic) => concerned.includes(topic))) handler(event);
    }
  }

  return {
    state,
    lostAt,
    listen(wanted, handler) {
      const listener = { topics: wanted, handler };
      listeners.add(listener);
      regroup();
      return () => {
        listeners.delete(listener);
        regroup();
      };
    },
    start() {
      on = true;
      regroup();
    },
    stop() {
      on = false;
      lastEventId = null;
      regroup();
    },
  };
}
