import { readProcfile } from '../procfile.ts';
import type { SourceTree } from '../source-tree.ts';
import { clojure, scala } from './jvm-languages.ts';
import { cobol, cpp, crystal, dart, gleam, haskell, swift, zig } from './compiled.ts';
import { configurationsOf, configured, dialectOf } from './configuration.ts';
import { deno } from './deno.ts';
import { dotnet } from './dotnet.ts';
import { elixir } from './elixir.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import { node } from './node.ts';
import type { Dialect, Outline, OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { ruby } from './ruby.ts';
import { rust } from './rust.ts';
import { shell } from './shell.ts';
import { staticfile } from './static.ts';

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

/** What a source needs and how it is built and started, each line with where it came from; `null` when nothing says it. */
export function outlineSource(source: SourceTree, options: OutlineOptions): Outline | null {
  const { variables } = options;
  const context = {
    source,
    variables,
    dialect: options.dialect ?? dialectOf({ source, variables }),
    caddy: options.caddy === true,
  };
  const said = configurationsOf(context);
  const asked = said.findLast((configuration) => configuration.provider !== null)?.provider ?? null;
  const provider =
    providers.find(({ name }) => name === asked) ?? providers.find((candidate) => candidate.detect(context) !== null);
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
  return provider === undefined && outline.start === null ? null : outline;
}
