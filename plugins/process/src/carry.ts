import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ContainrError } from '@containr/sdk';
import type { Artifact } from '@containr/sdk/contracts';
import { packFolder, unpackArchive } from '@containr/sdk/host';
import { carriedFolder, findArtifact, readArtifact, requireArtifact, writeArtifact } from './artifact-record.ts';
import type { NodeFolders } from './node-folders.ts';

const largestBytes = 32 * 1024 ** 3;

/** Packs an artifact folder with its record into a file. Throws `START_FAILED` when it is not here. */
export async function carryOut(
  folders: NodeFolders,
  artifact: Artifact,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const record = await requireArtifact(folders.artifacts, artifact);
  await packFolder(record.artifact.reference, file, signal);
}

/** Makes an artifact folder of such a file. It is whole or not there: the record is written last, then it gets its name. */
export async function carryIn(
  folders: NodeFolders,
  artifact: Artifact,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  if (await findArtifact(folders.artifacts, artifact)) return;
  const folder = carriedFolder(folders.artifacts, artifact);
  const work = join(folders.builds, randomUUID());
  try {
    await mkdir(work, { recursive: true, mode: 0o755 });
    await unpackArchive(createReadStream(file), work, {
      anyLinks: true,
      maxBytes: largestBytes,
      maxEntries: 5_000_000,
      signal,
    });
    const record = await readArtifact(work);
    if (record?.artifact.id !== artifact.id) throw otherArtifact(artifact);
    await writeArtifact(work, { ...record, artifact: { ...record.artifact, reference: folder } });
    await mkdir(dirname(folder), { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await rename(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function otherArtifact({ id }: Artifact): ContainrError {
  return new ContainrError({
    code: 'ARTIFACT_CORRUPT',
    status: 502,
    detail: `What came as the artifact ${id} is another one.`,
    hint: 'Deploy again to build it anew.',
  });
}
