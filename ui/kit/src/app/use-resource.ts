import { onScopeDispose, ref, shallowRef, watch } from 'vue';
import type { Ref, ShallowRef } from 'vue';
import { useLive } from './dashboard.ts';
import type { LiveEvent } from './dashboard.ts';

/** Something read from the API, kept fresh. */
export interface Resource<T> {
  /** `undefined` until the first answer. An old value stays while a newer one is awaited, or could not be had. */
  readonly data: ShallowRef<T | undefined>;
  readonly error: ShallowRef<Error | null>;
  readonly loading: Ref<boolean>;
  /** When `data` was answered. */
  readonly asOf: ShallowRef<Date | null>;
  reload(): Promise<void>;
}

const coalesceMs = 120;

/**
 * Reads something when the view appears, when `key` changes, and when an event of one of the topics arrives (many at once: once).
 * An older answer never replaces a newer one.
 */
export function useResource<T>(
  load: (signal: AbortSignal) => Promise<T>,
  options: { key?: () => unknown; topics?: () => readonly string[]; relevant?: (event: LiveEvent) => boolean } = {},
): Resource<T> {
  const data = shallowRef<T>();
  const error = shallowRef<Error | null>(null);
  const asOf = shallowRef<Date | null>(null);
  const loading = ref(false);
  let current: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function reload(): Promise<void> {
    current?.abort();
    const mine = new AbortController();
    current = mine;
    loading.value = true;
    try {
      const answer = await load(mine.signal);
      if (current !== mine) return;
      data.value = answer;
      error.value = null;
      asOf.value = new Date();
    } catch (reason) {
      if (current === mine && !mine.signal.aborted)
        error.value = reason instanceof Error ? reason : new Error(String(reason));
    } finally {
      if (current === mine) loading.value = false;
    }
  }

  watch(
    () => options.key?.(),
    (_, before) => {
      if (before !== undefined) data.value = undefined;
      void reload();
    },
    { immediate: true },
  );
  if (options.topics) {
    useLive(options.topics, (event) => {
      if (event && options.relevant && !options.relevant(event)) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        void reload();
      }, coalesceMs);
    });
  }
  onScopeDispose(() => {
    clearTimeout(timer);
    current?.abort();
    current = null;
  });
  return { data, error, loading, asOf, reload };
}
