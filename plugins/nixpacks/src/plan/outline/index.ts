import { readProcfile } from '../procfile.ts';
import type { SourceTree } from '../source-tree.ts';
import { clojure, scala } from './jvm-languages.ts';
import { cobol, cpp, crystal, dart, gleam, haskell, swift, zig } from './compiled.ts';
import type { Configuration } from './configuration.ts';
import { configurationsOf, configured, dialectOf } from './configuration.ts';
import { deno } from './deno.ts';
import { dotnet } from './dotnet.ts';
import { elixir } from './elixir.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import { manifestOf } from './manifest.ts';
import { siteOf } from './node-site.ts';
import { node } from './node.ts';
import type { Dialect, Outline, OutlineContext, OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { ruby } from './ruby.ts';
import { rust } from './rust.ts';
import { shell } from './shell.ts';
import { staticfile } from './static.ts';

export { configured } from './configuration.ts';
export type { Dialect, Outline } from './outline.ts';

/** In the order in which they are asked; the first that recognises a source outlines it. */
const providers: readonly OutlineProvider[] = [
  ...[php, go, java, rust, ruby, elixir, python, deno, dotnet, node, gleam],
  ...[swift, dart, zig, crystal, haskell, scala, clojure, cpp, cobol, staticfile, shell],
];

/** What an outline goes by beside the source. */
export interface OutlineOptions {
  readonly variables: Readonly<Record<string, string>>;
  /** Whose defaults hold; by default what the source and its variables ask for. */
  readonly dialect?: Dialect | undefined;
  /** Whether Caddy is to be had for static sites. */
  readonly caddy?: boolean | undefined;
}

/** The configurations that a source and its variables hold, the strongest last. */
export function configurationsIn(source: SourceTree, options: OutlineOptions): readonly Configuration[] {
  return configurationsOf(contextOf(source, options));
}

/** The language that is recognised in a source, and by what; `null` when none is. */
export function recognise(source: SourceTree, options: OutlineOptions): { name: string; reason: string } | null {
  const context = contextOf(source, options);
  const provider = providerOf(context);
  return provider && { name: provider.name, reason: provider.detect(context) ?? 'its configuration says so' };
}

/** The folder of files that a front-end build in a source makes, and its framework; `null` when it brings a server. */
export function siteIn(
  source: SourceTree,
  variables: Readonly<Record<string, string>>,
): { folder: string; framework: string } | null {
  const manifest = manifestOf(source);
  return manifest && siteOf(contextOf(source, { variables }), manifest);
}

/** What a source needs and how it is built and started, each line with where it came from; `null` when nothing says it. */
export function outlineSource(source: SourceTree, options: OutlineOptions): Outline | null {
  const context = contextOf(source, options);
  const said = configurationsOf(context);
  const provider = providerOf(context);
  let outline = provider ? provider.outline(context) : outlineOf('procfile', {});
  const processes = readProcfile(source);
  const process = ['web', 'worker'].find((name) => processes.has(name));
  const command = process === undefined ? undefined : processes.get(process);
  if (command !== undefined)
    outline = {
      ...outline,
      start: command,
      staticRoot: null,
      why: [...outline.why, { what: `start: ${command}`, from: `${process ?? 'web'} in the Procfile` }],
    };
  outline = said.reduce(configured, outline);
  return provider === null && outline.start === null ? null : outline;
}

function contextOf(source: SourceTree, { variables, dialect, caddy }: OutlineOptions): OutlineContext {
  return { source, variables, dialect: dialect ?? dialectOf({ source, variables }), caddy: caddy === true };
}

function providerOf(context: OutlineContext): OutlineProvider | null {
  const asked = configurationsOf(context).findLast(({ provider }) => provider !== null)?.provider ?? null;
  return (
    providers.find(({ name }) => name === asked) ??
    providers.find((candidate) => candidate.detect(context) !== null) ??
    null
  );
}
