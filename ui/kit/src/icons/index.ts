import { iconShapes } from './icon-shapes.ts';
import { statusShapes } from './status-shapes.ts';

/** Names of line icons. */
export type IconName = keyof typeof iconShapes;
/** States with a shape of their own. */
export type StatusName = keyof typeof statusShapes;

/** Whether a text (from a plugin) names an icon. */
export function isIconName(name: string): name is IconName {
  return Object.hasOwn(iconShapes, name);
}

/** Whether a text (from the API) names a state. */
export function isStatusName(name: string): name is StatusName {
  return Object.hasOwn(statusShapes, name);
}

export { iconShapes, statusShapes };
