import type { Lines } from './layout.ts';
import type { MapName, Paths } from './paths.ts';
import { mapNames } from './paths.ts';
import type { RuntimeApi } from './runtime-api.ts';

/** More changes than this are made as a whole new version of the map. */
const mostSingle = 100;
/** Lines of payload that fit HAProxy's buffer with certainty, in bytes. */
const mostBytes = 16_000;

/** A map as it is in its file. */
export function textOf(lines: Lines): string {
  return [...lines].map(([key, value]) => `${key} ${value}\n`).join('');
}

/** Lines in pieces that one command takes each. */
function inPieces(lines: readonly string[]): readonly (readonly string[])[] {
  const pieces: string[][] = [];
  let size = Infinity;
  for (const line of lines) {
    size += Buffer.byteLength(line) + 1;
    if (size > mostBytes) {
      pieces.push([]);
      size = Buffer.byteLength(line) + 1;
    }
    pieces.at(-1)?.push(line);
  }
  return pieces;
}

/** HAProxy's look-ups, changed in its memory. What it has is not known at first: then a map is given as a whole. */
export class Maps {
  readonly #paths: Paths;
  readonly #known = new Map<MapName, Lines>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /** Takes it that a process started from the files. */
  startedFrom(all: Readonly<Record<MapName, Lines>>): void {
    for (const name of mapNames) this.#known.set(name, all[name]);
  }

  /** Lines that a map has, as far as is known. */
  size(name: MapName): number {
    return this.#known.get(name)?.size ?? 0;
  }

  /** Adds and changes lines; those that are not among them stay. */
  async put(api: RuntimeApi, name: MapName, lines: Lines): Promise<void> {
    const known = this.#known.get(name);
    if (known === undefined) return this.#replace(api, name, lines);
    const added: string[] = [];
    const changed: [string, string][] = [];
    for (const [key, value] of lines) {
      const before = known.get(key);
      if (before === undefined) added.push(`${key} ${value}`);
      else if (before !== value) changed.push([key, value]);
    }
    if (changed.length > mostSingle) return this.#replace(api, name, new Map([...known, ...lines]));
    for (const piece of inPieces(added)) await api.must(`add map ${this.#paths.maps[name]}`, piece);
    for (const [key, value] of changed)
      await api.must(`set map ${this.#paths.maps[name]} ${escaped(key)} ${escaped(value)}`);
    this.#known.set(name, new Map([...known, ...lines]));
  }

  /** Removes the lines that are not among these. */
  async keepOnly(api: RuntimeApi, name: MapName, lines: Lines): Promise<void> {
    const known = this.#known.get(name);
    if (known === undefined) return this.#replace(api, name, lines);
    const gone = [...known.keys()].filter((key) => !lines.has(key));
    if (gone.length > mostSingle) return this.#replace(api, name, lines);
    for (const key of gone) await api.must(`del map ${this.#paths.maps[name]} ${escaped(key)}`);
    this.#known.set(name, new Map([...known].filter(([key]) => lines.has(key))));
  }

  /** Gives a map a new version, which is looked up from one moment to the next. */
  async #replace(api: RuntimeApi, name: MapName, lines: Lines): Promise<void> {
    const path = this.#paths.maps[name];
    const version = /version created: (\d+)/i.exec(await api.ask(`prepare map ${path}`))?.[1];
    for (const piece of inPieces([...lines].map(([key, value]) => `${key} ${value}`)))
      await api.must(`add map @${version} ${path}`, piece);
    await api.must(`commit map @${version} ${path}`);
    this.#known.set(name, lines);
  }
}

/** One word of a command. */
function escaped(word: string): string {
  return word.replace(/[\\ ;<]/g, '\\$&');
}
