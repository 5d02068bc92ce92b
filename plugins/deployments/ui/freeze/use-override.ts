import { shallowRef } from 'vue';
import type { ShallowRef } from 'vue';
import { isApiError } from '@containr/client';
import { useDashboard } from '@containr/ui-kit';

/** What a freeze window keeps from happening, and how to do it all the same. */
export interface Refused {
  readonly detail: string;
  go(reason: string): Promise<void>;
}

/** Lets somebody who may deploy during a freeze window say why, and goes on with that. */
export interface Override {
  readonly refused: ShallowRef<Refused | null>;
  /** Does it; when a window refuses, and the person may override that, asks for the reason instead of failing. */
  attempt(work: (reason?: string) => Promise<void>): Promise<void>;
}

/** Makes an {@link Override} for one place of the page. */
export function useOverride(): Override {
  const dashboard = useDashboard();
  const refused = shallowRef<Refused | null>(null);
  return {
    refused,
    async attempt(work) {
      try {
        await work();
      } catch (error) {
        if (!isApiError(error) || error.code !== 'CONFLICT_FROZEN' || !dashboard.can('freeze:override')) throw error;
        refused.value = { detail: error.detail, go: (reason) => work(reason) };
      }
    },
  };
}
