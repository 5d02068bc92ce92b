export { detect, planSource } from './plan-source.ts';
export { FolderTree } from './folder-tree.ts';
export { overSource } from './listed-tree.ts';
export type { PlanOptions } from './provider.ts';
export type { DescribeOptions, PlanDescription } from './describe.ts';
export { describePlan } from './describe.ts';
export type { Dialect } from './outline/index.ts';
