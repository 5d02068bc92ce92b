import { defineUi } from '@containr/sdk/ui';
import type { CupCount } from '../src/contract.ts';
import CoffeePage from './CoffeePage.vue';
import LatestCups from './LatestCups.vue';

const permission = 'coffee:read';

export default defineUi({
  contributions: [
    {
      outlet: 'navigation',
      id: 'coffee',
      heading: 'install',
      label: 'Coffee',
      icon: 'clock',
      to: '/coffee',
      permission,
    },
    { outlet: 'page', id: 'coffee', path: '/coffee', title: 'Coffee', permission, view: CoffeePage },
    { outlet: 'dashboardSection', id: 'cups', permission, view: LatestCups },
    {
      outlet: 'dashboardCard',
      id: 'coffee',
      title: 'Coffee today',
      permission,
      topics: ['coffee'],
      async read({ request }) {
        const { cups, asOf } = await request<CupCount>('GET', '/coffee');
        const card = { unit: cups === 1 ? 'cup' : 'cups', source: 'Coffee', asOf } as const;
        return cups === 0
          ? { ...card, value: null, status: 'empty', note: 'Count the first cup from the palette' }
          : { ...card, value: cups, status: 'fresh' };
      },
    },
    {
      outlet: 'command',
      id: 'cup',
      label: 'Count a cup of coffee',
      words: ['drink', 'espresso'],
      permission: 'coffee:write',
      run: ({ request }) => request<void>('POST', '/coffee'),
    },
  ],
});
