import type { Router } from 'vue-router';
import type { UiContext } from '@containr/sdk/ui';
import type { Dashboard } from '@containr/ui-kit';

/** What commands, cards and attention sources of plugins work with. */
export function createUiContext(dashboard: Dashboard, router: Router): UiContext {
  return {
    request: (method, path, options) => dashboard.client.request(method, path, options ?? {}),
    navigate: (path) => void router.push(path),
    can: (permission) => dashboard.can(permission),
  };
}
