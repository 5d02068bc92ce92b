import { defineUi } from '@containr/sdk/ui';
import { attention } from './attention.ts';
import FreezesPage from './freezes/FreezesPage.vue';
import ProjectList from './project/ProjectList.vue';
import ProjectPage from './project/ProjectPage.vue';
import OverviewTab from './service/OverviewTab.vue';
import ServicePage from './service/ServicePage.vue';
import SettingsTab from './service/SettingsTab.vue';
import VariablesTab from './service/VariablesTab.vue';
import SharedVariablesPage from './variables/SharedVariablesPage.vue';
import QuotaPage from './QuotaPage.vue';
import SidebarBlock from './SidebarBlock.vue';

export default defineUi({
  contributions: [
    {
      outlet: 'navigation',
      id: 'projects',
      heading: 'install',
      label: 'Projects',
      icon: 'projects',
      to: '/projects',
      order: 10,
      permission: 'project:read',
    },
    { outlet: 'navigation', id: 'open-project', heading: 'block', view: SidebarBlock, permission: 'project:read' },
    {
      outlet: 'page',
      id: 'projects',
      path: '/projects',
      title: 'Projects',
      permission: 'project:read',
      view: ProjectList,
    },
    {
      outlet: 'page',
      id: 'project',
      path: '/projects/:project/:environment?',
      title: 'Project',
      permission: 'service:read',
      view: ProjectPage,
    },
    {
      outlet: 'page',
      id: 'service',
      path: '/services/:service/:tab?',
      title: 'Service',
      permission: 'service:read',
      view: ServicePage,
    },
    {
      outlet: 'page',
      id: 'shared-variables',
      path: '/shared-variables/:environment',
      title: 'Shared variables',
      permission: 'service:read',
      view: SharedVariablesPage,
    },
    {
      outlet: 'settingsPage',
      id: 'quotas',
      label: 'Quotas',
      summary: 'What this organisation may have, and what it uses of it',
      permission: 'project:read',
      view: QuotaPage,
    },
    {
      outlet: 'page',
      id: 'freezes',
      path: '/freezes/:environment',
      title: 'Freeze windows',
      permission: 'project:read',
      view: FreezesPage,
    },
    {
      outlet: 'servicePanelTab',
      id: 'overview',
      label: 'Overview',
      order: 0,
      permission: 'service:read',
      view: OverviewTab,
    },
    {
      outlet: 'servicePanelTab',
      id: 'variables',
      label: 'Variables',
      order: 20,
      permission: 'service:read',
      view: VariablesTab,
    },
    {
      outlet: 'servicePanelTab',
      id: 'settings',
      label: 'Settings',
      order: 90,
      permission: 'service:read',
      view: SettingsTab,
    },
    attention,
    {
      outlet: 'command',
      id: 'new-project',
      label: 'Make a project',
      words: ['create', 'new', 'add'],
      cli: 'containr projects create NAME',
      permission: 'project:write',
      run: ({ navigate }) => navigate('/projects?new=1'),
    },
  ],
});
