import type { UiContribution } from './contributions.ts';

/** The browser half of a plugin: the default export of `ui/index.ts`. */
export interface UiDefinition {
  readonly contributions: readonly UiContribution[];
}

/**
 * Defines the browser half of a plugin. Loaded when the plugin is on, taken away when it is off, without a reload.
 *
 * @example
 * export default defineUi({
 *   contributions: [{ outlet: 'page', id: 'projects', path: '/projects', title: 'Projects', permission: 'project:read', view: ProjectList }],
 * });
 */
export function defineUi(definition: UiDefinition): UiDefinition {
  return definition;
}
