export * from './contributions.ts';
export * from './define-ui.ts';
export * from './ui-list.ts';
export * from './outlets.ts';
export { covers } from '../permissions.ts';
