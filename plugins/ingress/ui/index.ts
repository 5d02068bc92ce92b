import { defineUi } from '@containr/sdk/ui';
import AddressCard from './AddressCard.vue';
import NetworkTab from './NetworkTab.vue';

export default defineUi({
  contributions: [
    { outlet: 'serviceCard', id: 'address', order: 10, permission: 'route:read', view: AddressCard },
    {
      outlet: 'servicePanelTab',
      id: 'network',
      label: 'Network',
      order: 40,
      permission: 'route:read',
      view: NetworkTab,
    },
  ],
});
