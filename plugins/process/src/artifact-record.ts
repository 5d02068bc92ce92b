import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import { Artifact, BuildPlan } from '@containr/sdk/contracts';
import { validate } from '@containr/sdk/host';

/** What an artifact folder says about itself beside its `app`: how to start it, and with which toolchains. */
export const ArtifactRecord = defineSchema({
  type: 'object',
  properties: {
    artifact: Artifact,
    /** Folder below `app` in which commands run. */
    rootDirectory: { type: 'string' },
    toolchains: BuildPlan.properties.toolchains,
    /** Variables of the plan, also set when it runs. */
    variables: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['artifact', 'rootDirectory', 'toolchains', 'variables'],
  additionalProperties: false,
});
export type ArtifactRecord = Infer<typeof ArtifactRecord>;

const fileName = 'artifact.json';

/** The record of an artifact folder; `null` when there is none: the folder is no finished artifact. */
export async function readArtifact(directory: string): Promise<ArtifactRecord | null> {
  const text = await readFile(join(directory, fileName), 'utf8').catch(() => null);
  return text === null
    ? null
    : validate<ArtifactRecord>(ArtifactRecord, JSON.parse(text), `The record of the artifact ${directory}`);
}

/** Writes the record: from now on the artifact is finished. */
export async function writeArtifact(directory: string, record: ArtifactRecord): Promise<void> {
  await writeFile(join(directory, fileName), JSON.stringify(record), { mode: 0o644 });
}

/** The record of an artifact that must be there. Throws `START_FAILED`. */
export async function requireArtifact(artifact: Artifact): Promise<ArtifactRecord> {
  const record = artifact.kind === 'directory' ? await readArtifact(artifact.reference) : null;
  if (record && record.artifact.id === artifact.id) return record;
  throw new ContainrError({
    code: 'START_FAILED',
    status: 409,
    detail: `The artifact ${artifact.id} is not on this node.`,
    hint: 'Deploy again to build it anew.',
  });
}
