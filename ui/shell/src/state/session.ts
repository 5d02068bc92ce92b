import { ref, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import { isApiError } from '@containr/client';
import type { Client } from '@containr/client';
import { covers } from '@containr/sdk/ui';
import type { Viewer } from '@containr/ui-kit';

interface Me {
  readonly user: { readonly id: string; readonly name: string; readonly email: string };
  readonly organisations: readonly { readonly id: string; readonly slug: string; readonly name: string }[];
  readonly permissions: readonly string[];
}

/** Who is signed in, and what went wrong when that could not be found out. */
export const useSession = defineStore('session', () => {
  const viewer = shallowRef<Viewer | null>(null);
  const error = shallowRef<Error | null>(null);
  const known = ref(false);

  async function refresh(client: Client): Promise<void> {
    try {
      const me = await client.request<Me>('GET', '/users/me');
      viewer.value = { ...me.user, organisation: me.organisations[0] ?? null, permissions: me.permissions };
      error.value = null;
    } catch (reason) {
      viewer.value = null;
      error.value =
        isApiError(reason) && reason.status === 401
          ? null
          : reason instanceof Error
            ? reason
            : new Error(String(reason));
    }
    known.value = true;
  }

  function can(permission: string): boolean {
    return covers(viewer.value?.permissions ?? [], permission);
  }

  return { viewer, error, known, refresh, can };
});
