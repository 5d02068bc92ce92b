import { computed, ref } from 'vue';
import type { GlobalThemeOverrides } from 'naive-ui';
import tokens from './naive-tokens.json' with { type: 'json' };

export type ThemeChoice = 'system' | 'light' | 'dark';

const storageKey = 'theme';
const storage = openStorage();
const systemDark = window.matchMedia('(prefers-color-scheme: dark)');
const system = ref(systemDark.matches);
systemDark.addEventListener('change', (event) => (system.value = event.matches));

function stored(): ThemeChoice {
  const value = storage?.getItem(storageKey);
  return value === 'light' || value === 'dark' ? value : 'system';
}

const choice = ref<ThemeChoice>(stored());

/** Whether the dashboard is dark now. */
export const isDark = computed(() => choice.value === 'dark' || (choice.value === 'system' && system.value));

/** The tokens under the names that naive-ui knows. */
export const naiveOverrides = computed<GlobalThemeOverrides>(() => (isDark.value ? tokens.dark : tokens.light));

/** A page without an origin, or a browser that keeps nothing, has no storage. */
function openStorage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** What the person chose, kept in this browser. */
export function useThemeChoice(): { choice: typeof choice; choose(next: ThemeChoice): void } {
  return {
    choice,
    choose(next) {
      choice.value = next;
      if (next === 'system') {
        storage?.removeItem(storageKey);
        delete document.documentElement.dataset['theme'];
      } else {
        storage?.setItem(storageKey, next);
        document.documentElement.dataset['theme'] = next;
      }
    },
  };
}
