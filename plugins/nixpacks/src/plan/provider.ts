import type { BuildPlan } from '@containr/sdk/contracts';
import type { RuntimeCatalogue } from '../contract.ts';
import type { Draft } from './draft.ts';
import type { SourceTree } from './source-tree.ts';

/** What planning goes by beside the source. */
export interface PlanOptions {
  readonly catalogue: RuntimeCatalogue;
  /** Driver that will run the plan: `docker`, `process`. */
  readonly runtime: string;
  /** `linux-x64` and the like, for toolchains. */
  readonly platform: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly settings: {
    readonly installCommand: string | null;
    readonly buildCommand: string | null;
    readonly startCommand: string | null;
  };
}

/** Plans sources of one kind. */
export interface Provider {
  readonly name: string;
  /** Why this source is of its kind, or `null`. */
  detect(source: SourceTree): string | null;
  plan(source: SourceTree, options: PlanOptions): Draft;
}

export type Why = BuildPlan['why'];
