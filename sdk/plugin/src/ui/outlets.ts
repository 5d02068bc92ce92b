import type { UiContribution } from './contributions.ts';

/** A place of the dashboard that plugins add to. */
export interface Outlet {
  readonly name: UiContribution['outlet'];
  readonly summary: string;
  /** What a contribution to it says, beside `id`, `permission` and `order`. */
  readonly fields: string;
}

const summaries: Readonly<Record<UiContribution['outlet'], readonly [summary: string, fields: string]>> = {
  navigation: [
    'An entry of the sidebar, or a block of entries',
    '{ heading: "install" | "block"; label; icon; to } | { heading; view }',
  ],
  page: ['A page with an address of its own', '{ path; title; view }'],
  publicPage: ['A page for who is not signed in', '{ path; title; view }'],
  servicePanelTab: ['A tab of a service', '{ label; view; bleed? }'],
  serviceCard: ['A block on the overview of a service', '{ view }'],
  deploymentSection: ['A block on the page of a deployment', '{ title; view }'],
  nodePanelTab: ['A tab of a node', '{ label; view }'],
  dashboardCard: ['A number on the overview', '{ title; topics; read }'],
  dashboardSection: ['A block on the overview', '{ view }'],
  settingsPage: ['A page below Settings', '{ label; summary; view }'],
  command: ['Something that can be run from the palette', '{ label; words?; cli?; run }'],
  attention: ['Something that a person should look at', '{ topics; read }'],
};

/** All outlets, by name. */
export const outlets: readonly Outlet[] = Object.entries(summaries)
  .map(([name, [summary, fields]]) => ({ name: name as Outlet['name'], summary, fields }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));
