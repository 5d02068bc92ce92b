import { defineUi } from '@containr/sdk/ui';
import DeploymentLog from './DeploymentLog.vue';
import ServiceLogTab from './ServiceLogTab.vue';

export default defineUi({
  contributions: [
    { outlet: 'servicePanelTab', id: 'logs', label: 'Logs', order: 30, permission: 'log:read', view: ServiceLogTab },
    { outlet: 'deploymentSection', id: 'log', title: 'Log', order: 10, permission: 'log:read', view: DeploymentLog },
  ],
});
