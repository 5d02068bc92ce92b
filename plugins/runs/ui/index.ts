import { defineUi } from '@containr/sdk/ui';
import RunsTab from './RunsTab.vue';

export default defineUi({
  contributions: [
    { outlet: 'servicePanelTab', id: 'runs', label: 'Runs', order: 35, permission: 'run:read', view: RunsTab },
  ],
});
