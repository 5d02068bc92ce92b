import { computed, onScopeDispose, shallowRef, watch } from 'vue';
import type { ComputedRef, ShallowRef } from 'vue';
import { useRouter } from 'vue-router';
import type { AttentionItem } from '@containr/sdk/ui';
import { useContributions, useDashboard, useLive } from '@containr/ui-kit';
import { createUiContext } from '../state/ui-context.ts';

interface Answer {
  readonly items: readonly AttentionItem[];
  readonly error: Error | null;
}

/** What every plugin finds worth a look, worst first; one source that fails does not hide the others. */
export function useAttention(): {
  items: ComputedRef<readonly AttentionItem[]>;
  failures: ComputedRef<readonly { key: string; error: Error }[]>;
  known: ComputedRef<boolean>;
} {
  const dashboard = useDashboard();
  const context = createUiContext(dashboard, useRouter());
  const sources = useContributions('attention');
  const answers: ShallowRef<ReadonlyMap<string, Answer>> = shallowRef(new Map());
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function read(): Promise<void> {
    const entries = await Promise.all(
      sources.value.map(async (source): Promise<[string, Answer]> => {
        try {
          return [
            source.key,
            {
              items: (await source.read(context)).map((item) => ({ ...item, id: `${source.key}:${item.id}` })),
              error: null,
            },
          ];
        } catch (error) {
          return [
            source.key,
            {
              items: answers.value.get(source.key)?.items ?? [],
              error: error instanceof Error ? error : new Error(String(error)),
            },
          ];
        }
      }),
    );
    answers.value = new Map(entries);
  }

  watch(sources, () => void read(), { immediate: true });
  useLive(
    () => [...new Set(sources.value.flatMap((source) => source.topics))],
    () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void read();
      }, 300);
    },
  );
  onScopeDispose(() => clearTimeout(timer));

  const weight = { failed: 0, unknown: 1, warning: 2 };
  return {
    items: computed(() =>
      [...answers.value.values()].flatMap((answer) => answer.items).sort((a, b) => weight[a.level] - weight[b.level]),
    ),
    failures: computed(() =>
      [...answers.value].flatMap(([key, answer]) => (answer.error ? [{ key, error: answer.error }] : [])),
    ),
    known: computed(() => answers.value.size > 0 || sources.value.length === 0),
  };
}
