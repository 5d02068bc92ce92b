import { computed, onScopeDispose, ref } from 'vue';
import type { ComputedRef, Ref } from 'vue';
import { isDark } from '@containr/ui-kit';
import type { FramedPlugin } from './framed-plugin.ts';
import { viewerFor } from './framed-plugin.ts';
import type { Surroundings } from './messages.ts';

/** What is around a frame of a plugin, and changes with theme and window. `path` is the address of the page that it is. */
export function surroundings(plugin: FramedPlugin, path: () => string): ComputedRef<Surroundings> {
  const width = windowWidth();
  return computed(() => ({
    theme: isDark.value ? ('dark' as const) : ('light' as const),
    density: document.documentElement.dataset['density'] ?? 'compact',
    locale: navigator.language,
    width: width.value,
    origin: plugin.host.origin,
    path: path(),
    viewer: viewerFor(plugin),
  }));
}

function windowWidth(): Readonly<Ref<number>> {
  const width = ref(window.innerWidth);
  const follow = (): void => void (width.value = window.innerWidth);
  window.addEventListener('resize', follow);
  onScopeDispose(() => window.removeEventListener('resize', follow));
  return width;
}
