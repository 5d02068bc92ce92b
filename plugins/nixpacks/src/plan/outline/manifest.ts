import json5 from 'json5';
import type { SourceTree } from '../source-tree.ts';
import { at } from './asked-version.ts';
import { configurationText } from './configuration-text.ts';

/** A package manifest as planning reads it. */
export interface Manifest {
  readonly file: string;
  readonly raw: Readonly<Record<string, unknown>>;
  readonly scripts: Readonly<Record<string, string>>;
  /** Versions of dependencies and development dependencies, by name. */
  readonly packages: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
}

/** JSON with comments and trailing commas as an object; empty when it is not there or is none. */
export function looseJson(source: SourceTree, file: string): Record<string, unknown> {
  const text = configurationText(source, file);
  if (text === null) return {};
  try {
    return at(json5.parse<unknown>(text));
  } catch {
    return {};
  }
}

/** `package.json`, else `package.json5`, of a folder; `null` without either. */
export function manifestOf(source: SourceTree, folder = '.'): Manifest | null {
  const file = ['package.json', 'package.json5']
    .map((name) => (folder === '.' ? name : `${folder}/${name}`))
    .find((name) => source.has(name));
  if (file === undefined) return null;
  const raw = file.endsWith('5') ? looseJson(source, file) : (source.json(file) ?? {});
  return {
    file,
    raw,
    scripts: strings(raw['scripts']),
    packages: { ...strings(raw['devDependencies']), ...strings(raw['dependencies']) },
    engines: strings(raw['engines']),
  };
}

function strings(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(at(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
