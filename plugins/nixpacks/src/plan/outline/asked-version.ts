import { parse } from 'smol-toml';
import type { VersionRequest } from '../choose-version.ts';
import type { SourceTree } from '../source-tree.ts';
import { configurationText } from './configuration-text.ts';
import type { OutlineContext } from './outline.ts';

/** A place that may name a version, and what it says. */
export type VersionPlace = readonly [version: string | null | undefined, from: string];

/**
 * The first version that is asked for: by `RAILPACK_<TOOL>_VERSION` or `NIXPACKS_<TOOL>_VERSION`, by the language's own
 * places in the order given, by `mise.toml`, by `.tool-versions`; `null` when none is.
 */
export function askedVersion(
  { source, variables }: OutlineContext,
  tool: string,
  places: readonly VersionPlace[] = [],
): VersionRequest | null {
  const named = ['RAILPACK', 'NIXPACKS'].map((prefix): VersionPlace => {
    const name = `${prefix}_${tool.toUpperCase()}_VERSION`;
    return [variables[name], `the variable ${name}`];
  });
  const alias = tool === 'node' ? '(?:node|nodejs)' : tool === 'go' ? '(?:go|golang)' : tool;
  const all: readonly VersionPlace[] = [
    ...named,
    ...places,
    [versionLine(source, `.${tool}-version`), `.${tool}-version`],
    [miseVersion(source, tool), 'mise.toml'],
    [new RegExp(`^${alias}[ \\t]+(\\S+)`, 'm').exec(source.text('.tool-versions') ?? '')?.[1], '.tool-versions'],
  ];
  for (const [version, from] of all) {
    const range = version?.trim();
    if (range) return { range, from };
  }
  return null;
}

/** First line of a version file such as `.nvmrc`, without a leading `v`. */
export function versionLine(source: SourceTree, file: string): string | null {
  const line = (source.text(file) ?? '').split('\n').find((candidate) => /^\s*[^#\s]/.test(candidate));
  return line === undefined ? null : line.trim().replace(/^v(?=\d)/, '');
}

/** A TOML file as an object; empty when it is not there or is no TOML, which its own tool will say better. */
export function tomlOf(source: SourceTree, file: string): Record<string, unknown> {
  const text = configurationText(source, file);
  if (text === null) return {};
  try {
    return parse(text);
  } catch {
    return {};
  }
}

/** A nested object by its path of keys; empty when something on the way is none. */
export function at(value: unknown, ...keys: readonly string[]): Record<string, unknown> {
  let found: unknown = value;
  for (const key of keys) found = typeof found === 'object' && found !== null ? Reflect.get(found, key) : null;
  return typeof found === 'object' && found !== null && !Array.isArray(found)
    ? Object.fromEntries(Object.entries(found))
    : {};
}

/** The value when it is text, else `null`. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function miseVersion(source: SourceTree, tool: string): string | null {
  const said = at(tomlOf(source, 'mise.toml'), 'tools')[tool];
  return textOf(said) ?? textOf(Array.isArray(said) ? said[0] : at(said)['version']);
}
