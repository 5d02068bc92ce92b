import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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

/** Folder of an artifact that came from another node. */
export function carriedFolder(artifacts: string, { id }: Artifact): string {
  return join(artifacts, `carried-${id.replace(/[^A-Za-z0-9]/g, '-')}`);
}

/** The record of an artifact that was built on this node or came to it; `null` when there is none below `artifacts`. */
export async function findArtifact(artifacts: string, artifact: Artifact): Promise<ArtifactRecord | null> {
  if (artifact.kind !== 'directory') return null;
  const built = dirname(artifact.reference) === artifacts ? [artifact.reference] : [];
  for (const folder of [...built, carriedFolder(artifacts, artifact)]) {
    const record = await readArtifact(folder);
    if (record?.artifact.id === artifact.id) return record;
  }
  return null;
}

/** The record of an artifact that must be there. Throws `START_FAILED`. */
export async function requireArtifact(artifacts: string, artifact: Artifact): Promise<ArtifactRecord> {
  const record = await findArtifact(artifacts, artifact);
  if (record) return record;
  throw new ContainrError({
    code: 'START_FAILED',
    status: 409,
    detail: `The artifact ${artifact.id} is not on this node.`,
    hint: 'Deploy again to build it anew.',
  });
}
