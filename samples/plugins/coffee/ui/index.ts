import { defineUi } from '@containr/sdk/ui';
import type { CupCount } from '../src/contract.ts';

export default defineUi({
  contributions: [
    {
      outlet: 'dashboardCard',
      id: 'coffee',
      title: 'Coffee today',
      permission: 'coffee:read',
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
