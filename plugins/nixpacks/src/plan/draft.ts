import type { BuildPlan } from '@containr/sdk/contracts';
import type { RuntimeEntry } from '../contract.ts';

/** What a provider found out: a plan before its Dockerfile is written. */
export interface Draft {
  readonly provider: string;
  readonly tool: string;
  readonly runtime: RuntimeEntry;
  readonly versionFrom: string;
  /** Files that `install` needs, copied before the rest so that an engine can keep the layer. */
  readonly manifests: readonly string[];
  readonly install: readonly string[];
  readonly build: readonly string[];
  /** Commands after the build that make it smaller. */
  readonly prune: readonly string[];
  readonly start: string | null;
  readonly staticRoot: string | null;
  readonly port: number | null;
  readonly variables: Readonly<Record<string, string>>;
  /** Folders that builds of one service share, absolute in the build. */
  readonly caches: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  /** System packages by their Debian names, `php-<extension>` for those of PHP. */
  readonly packages?: readonly string[];
  /** Which of `files` are put elsewhere in the image: path there > path in the source. */
  readonly rootFiles?: Readonly<Record<string, string>>;
  /** Programs of the run image that lose their file capabilities, which a container without any could not start. */
  readonly plainPrograms?: readonly string[];
  /** Folders for PATH, relative to the application's. */
  readonly path: readonly string[];
  readonly why: BuildPlan['why'];
}
