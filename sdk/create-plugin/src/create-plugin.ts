import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ContainrError } from '@containr/sdk';
import { fill } from './fill.ts';
import { filesOf } from './files.ts';
import type { Kind } from './kinds.ts';
import { cloneFolder, packageSources } from './packages.ts';

/** What a person wants. */
export interface Wishes {
  /** Short name: `parcels`. */
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** What it begins as; `notes` by default. Others have a server half only. */
  readonly kind?: Kind;
  readonly view: boolean;
  readonly agent: boolean;
  /** Folder to make; the name by default. */
  readonly folder?: string;
}

const template = fileURLToPath(new URL('../template/', import.meta.url));
const taken = new Set(['agents', 'audit', 'events', 'jobs', 'kernel', 'nodes', 'plugins', 'settings', 'ui']);

/**
 * Writes a plugin; resolves with its folder. Throws `PLUGIN_NAME`, `PLUGIN_SUMMARY`, `PLUGIN_HALF`, `FOLDER_TAKEN`, and leaves nothing
 * then. Run from a clone, it writes the plugin for the packages of that clone.
 */
export async function createPlugin(wishes: Wishes, from: string): Promise<string> {
  const { name, view, agent, kind = 'notes' } = wishes;
  checkName(name);
  const summary = checkSummary(wishes.summary);
  if (kind !== 'notes' && (view || agent)) throw serverOnly(kind);
  const folder = resolve(from, wishes.folder ?? name);
  if (await exists(folder))
    throw new ContainrError({
      code: 'FOLDER_TAKEN',
      status: 409,
      detail: `${folder} is there already.`,
      hint: 'Choose another name, or another folder with --folder.',
    });
  const title = name.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase());
  const values = { name, title, noun: nounOf(name, kind), summary, ...packageSources(cloneFolder()) };
  for (const { source, target, json } of filesOf({ kind, view, agent })) {
    const text = await readFile(join(template, source), 'utf8');
    const escaped = json ? { ...values, summary: JSON.stringify(summary).slice(1, -1) } : values;
    const path = join(folder, target);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, fill(text, escaped, { view, agent, serverOnly: !agent, [kind]: true }));
  }
  return folder;
}

/** What one row is called in permissions and events: unique in an install, for the plugin's name is part of it. */
function nounOf(name: string, kind: Kind): string {
  if (kind !== 'notes') return name;
  return name.endsWith('notes') ? name.slice(0, -1) : `${name}-note`;
}

function serverOnly(kind: Kind): ContainrError {
  return new ContainrError({
    code: 'PLUGIN_HALF',
    status: 400,
    detail: `A plugin of the kind ${kind} begins with a server half only.`,
    hint: 'Leave --halves out, or choose --kind notes; a half can be added at any time.',
  });
}

function checkName(name: string): void {
  if (/^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,39}$/.test(name) && !taken.has(name)) return;
  throw new ContainrError({
    code: 'PLUGIN_NAME',
    status: 400,
    detail: taken.has(name)
      ? `"${name}" is a name of Containr itself.`
      : `${JSON.stringify(name)} can't be the name of a plugin.`,
    hint: 'Use lower-case letters, digits and single dashes, at most 40, beginning with a letter: parcels, parcel-alerts.',
  });
}

function checkSummary(text: string): string {
  const summary = text.trim();
  // One line of plain text: it goes into code, JSON and Markdown.
  if (/^[^\p{Cc}\u2028\u2029`$\\*/]{1,120}$/u.test(summary)) return summary;
  throw new ContainrError({
    code: 'PLUGIN_SUMMARY',
    status: 400,
    detail: `${JSON.stringify(text)} can't say what the plugin does.`,
    hint: 'Write one line of at most 120 characters, without ` $ \\ * and /.',
  });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
