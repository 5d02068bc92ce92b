import type { BuildPlan } from '@containr/sdk/contracts';
import type { VersionRequest } from '../choose-version.ts';
import type { SourceTree } from '../source-tree.ts';

/** What a source needs, in the words of its own tools: before a catalogue gives images and a runtime shapes commands. */
export interface Outline {
  readonly provider: string;
  /** The first one is the language's own. */
  readonly tools: readonly { readonly tool: string; readonly request: VersionRequest | null }[];
  readonly packages: readonly string[];
  readonly install: readonly string[];
  readonly build: readonly string[];
  readonly start: string | null;
  readonly staticRoot: string | null;
  readonly variables: Readonly<Record<string, string>>;
  readonly caches: readonly string[];
  readonly why: BuildPlan['why'];
}

/** Whose defaults hold where the field's two planners differ. */
export type Dialect = 'railpack' | 'nixpacks';

/** What outlining goes by. */
export interface OutlineContext {
  readonly source: SourceTree;
  readonly variables: Readonly<Record<string, string>>;
  readonly dialect: Dialect;
  /** Whether sites are served by Caddy: its image is in the catalogue and the runtime runs images. */
  readonly caddy: boolean;
}

/** Outlines sources of one language. */
export interface OutlineProvider {
  readonly name: string;
  /** Why this source is of its language, or `null`. */
  detect(context: OutlineContext): string | null;
  outline(context: OutlineContext): Outline;
}

/** An outline from the parts that a provider knows; the rest is empty. */
export function outlineOf(provider: string, parts: Partial<Outline>): Outline {
  return {
    provider,
    tools: [],
    packages: [],
    install: [],
    build: [],
    start: null,
    staticRoot: null,
    variables: {},
    caches: [],
    why: [],
    ...parts,
  };
}
