import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import type { PackageVersion } from './chosen.ts';
import { requirementsOf } from './resolve.ts';

const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;
const number = { type: 'integer' } as const;

/** A version of a plugin as the API shows it, with what it asks for. */
export const VersionDocument = defineSchema({
  type: 'object',
  properties: {
    name: text,
    displayName: text,
    version: text,
    sha256: text,
    /** Of the archive. */
    bytes: number,
    source: text,
    installedBy: text,
    current: { type: 'boolean' },
    requires: texts,
    permissions: texts,
    segments: texts,
    roots: texts,
    hasUi: { type: 'boolean' },
    hasAgent: { type: 'boolean' },
  },
  additionalProperties: false,
});
export type VersionDocument = Infer<typeof VersionDocument>;

/** The same of one that is installed. */
export const InstalledVersion = defineSchema({
  ...VersionDocument,
  properties: { ...VersionDocument.properties, installedAt: text },
});

/** Shows a version. */
export function showVersion(one: Omit<PackageVersion, 'installedAt'>): VersionDocument {
  const { name, version, sha256, bytes, source, installedBy, manifest, trust } = one;
  return {
    name,
    displayName: manifest.displayName,
    version,
    sha256,
    bytes,
    source,
    installedBy,
    current: trust !== null,
    requires: requirementsOf(one).map((need) => `${need.plugin} ${need.range}`),
    permissions: Object.entries(manifest.permissions).map(([permission, what]) => `${permission}: ${String(what)}`),
    segments: [...manifest.segments],
    roots: [...(manifest.roots ?? [])],
    hasUi: manifest.ui !== undefined,
    hasAgent: manifest.agent !== undefined,
  };
}
