import { computed, ref } from 'vue';
import type { GlobalThemeOverrides } from 'naive-ui';
import tokens from './naive-tokens.json' with { type: 'json' };

export type ThemeChoice = 'system' | 'light' | 'dark';

const storageKey = 'theme';
const systemDark = window.matchMedia('(prefers-color-scheme: dark)');
const system = ref(systemDark.matches);
systemDark.addEventListener('change', (event) => (system.value = event.matches));

function stored(): ThemeChoice {
  const value = localStorage.getItem(storageKey);
  return value === 'light' || value === 'dark' ? value : 'system';
}

const choice = ref<ThemeChoice>(stored());

/** Whether the dashboard is dark now. */
export const isDark = computed(() => choice.value === 'dark' || (choice.value === 'system' && system.value));

/** The tokens under the names that naive-ui knows. */
export const naiveOverrides = computed<GlobalThemeOverrides>(() => (isDark.value ? tokens.dark : tokens.light));

/** What the person chose, kept in this browser. */
export function useThemeChoice(): { choice: typeof choice; choose(next: ThemeChoice): void } {
  return {
    choice,
    choose(next) {
      choice.value = next;
      if (next === 'system') {
        localStorage.removeItem(storageKey);
        delete document.documentElement.dataset['theme'];
      } else {
        localStorage.setItem(storageKey, next);
        document.documentElement.dataset['theme'] = next;
      }
    },
  };
}
