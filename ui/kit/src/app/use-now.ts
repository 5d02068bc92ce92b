import { onScopeDispose, ref } from 'vue';
import type { Ref } from 'vue';

/** The time, once a second, while the view is there: for "12 s left" and "Heard 2 s ago". */
export function useNow(everyMs = 1000): Readonly<Ref<number>> {
  const now = ref(Date.now());
  const timer = setInterval(() => {
    if (!document.hidden) now.value = Date.now();
  }, everyMs);
  onScopeDispose(() => clearInterval(timer));
  return now;
}
