import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema, Manifest } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

const PackageJson = defineSchema({
  type: 'object',
  properties: {
    name: { type: 'string' },
    version: { type: 'string' },
    containr: Manifest,
  },
  required: ['name', 'version', 'containr'],
});

/** A folder with a plugin's sources. */
export interface PluginFolder {
  /** Absolute. */
  readonly directory: string;
  /** Full name of the package. */
  readonly package: string;
  readonly version: string;
  readonly manifest: Manifest;
}

/** Reads what a folder says of its plugin. Throws `PLUGIN_FOLDER` when there is none, or its manifest does not hold. */
export async function readPluginFolder(folder: string): Promise<PluginFolder> {
  const directory = resolve(folder);
  try {
    const text = await readFile(join(directory, 'package.json'), 'utf8');
    const document = validate<Infer<typeof PackageJson>>(PackageJson, JSON.parse(text), 'package.json');
    return { directory, package: document.name, version: document.version, manifest: document.containr };
  } catch (cause) {
    throw new ContainrError({
      code: 'PLUGIN_FOLDER',
      status: 400,
      detail: `${directory} holds no plugin: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Go to a folder whose package.json has a "containr" key, or make one with create-containr-plugin.',
      cause,
    });
  }
}
