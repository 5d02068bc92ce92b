import { defineUi } from '@containr/sdk/ui';
import { pushToLive, reachedLive } from './cards.ts';
import CleanUpPage from './clean-up/CleanUpPage.vue';
import ComparePage from './history/ComparePage.vue';
import DeploymentPage from './detail/DeploymentPage.vue';
import DeploymentsPage from './list/DeploymentsPage.vue';
import DeploymentsTab from './list/DeploymentsTab.vue';
import LatestRail from './list/LatestRail.vue';
import DrainPanel from './nodes/DrainPanel.vue';
import RecentDeployments from './list/RecentDeployments.vue';

const permission = 'deployment:read';

export default defineUi({
  contributions: [
    {
      outlet: 'navigation',
      id: 'deployments',
      heading: 'install',
      label: 'Deployments',
      icon: 'activity',
      to: '/deployments',
      order: 20,
      permission,
    },
    {
      outlet: 'page',
      id: 'deployments',
      path: '/deployments',
      title: 'Deployments',
      permission,
      view: DeploymentsPage,
    },
    {
      outlet: 'page',
      id: 'deployment',
      path: '/deployments/:deployment',
      title: 'Deployment',
      permission,
      view: DeploymentPage,
    },
    {
      outlet: 'page',
      id: 'compare',
      path: '/deployments/:deployment/compare',
      title: 'Compare deployments',
      permission,
      view: ComparePage,
    },
    { outlet: 'servicePanelTab', id: 'deployments', label: 'Deployments', order: 10, permission, view: DeploymentsTab },
    { outlet: 'serviceCard', id: 'latest', order: 20, permission, view: LatestRail },
    { outlet: 'dashboardSection', id: 'recent', order: 10, permission, view: RecentDeployments },
    {
      outlet: 'settingsPage',
      id: 'clean-up',
      label: 'Clean-up',
      summary: 'What is removed, what stays and why, and how full nodes are',
      permission,
      view: CleanUpPage,
    },
    { outlet: 'nodePanelTab', id: 'replicas', label: 'Replicas', order: 10, permission: 'node:read', view: DrainPanel },
    reachedLive,
    pushToLive,
  ],
});
