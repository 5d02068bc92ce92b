import { ref, shallowRef } from 'vue';
import type { Ref, ShallowRef } from 'vue';
import { isApiError } from '@containr/client';

/** One thing a person starts: runs once at a time and keeps its failure for the form. */
export interface Action<A extends readonly unknown[]> {
  readonly running: Ref<boolean>;
  readonly error: ShallowRef<Error | null>;
  /** `true` when it worked. */
  run(...input: A): Promise<boolean>;
  /** What the server said about one field of the body, by path (`/name`). */
  fieldError(path: string): string | null;
}

/** Makes an {@link Action} of an asynchronous function. */
export function useAction<A extends readonly unknown[]>(work: (...input: A) => Promise<unknown>): Action<A> {
  const running = ref(false);
  const error = shallowRef<Error | null>(null);
  return {
    running,
    error,
    async run(...input) {
      if (running.value) return false;
      running.value = true;
      error.value = null;
      try {
        await work(...input);
        return true;
      } catch (reason) {
        error.value = reason instanceof Error ? reason : new Error(String(reason));
        return false;
      } finally {
        running.value = false;
      }
    },
    fieldError(path) {
      return isApiError(error.value)
        ? (error.value.errors.find((field) => field.path === path)?.message ?? null)
        : null;
    },
  };
}
