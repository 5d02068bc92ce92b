import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactOrder, ImportOrder, PackedArtifact } from '../contracts/artifact-documents.ts';
import type { Runtime } from '../contracts/runtime.ts';
import { ContainrError } from '../errors.ts';
import type { AgentContext, TaskIo } from './index.ts';

const dayMs = 86_400_000;

/** Packs an artifact of this node and sends it to the control plane, under its content. What is there already is not sent again. */
export async function exportArtifact(
  agent: AgentContext,
  runtime: Runtime,
  { artifact, to }: ArtifactOrder,
  io: TaskIo,
): Promise<PackedArtifact> {
  const file = join(await transfers(agent), `out-${io.task ?? artifact.id.replace(/\W/g, '-')}`);
  try {
    await runtime.pack(artifact, file, io.signal);
    const packed = { sha256: await contentOf(file, io.signal), sizeBytes: (await stat(file)).size };
    io.output(`Packed ${packed.sizeBytes} bytes`, 'system');
    await agent.sendFile(`${to}/${packed.sha256}`, file, io.signal);
    return packed;
  } finally {
    await rm(file, { force: true });
  }
}

/**
 * Fetches an artifact by its content and unpacks it on this node; goes on with what an earlier try fetched. Throws
 * `ARTIFACT_CORRUPT` when what came is something else.
 */
export async function importArtifact(
  agent: AgentContext,
  runtime: Runtime,
  { artifact, from, sha256 }: ImportOrder,
  io: TaskIo,
): Promise<void> {
  if (await runtime.exists(artifact)) return;
  const file = join(await transfers(agent), `in-${sha256}`);
  await agent.fetchFile(`${from}/${sha256}`, file, io.signal);
  const found = await contentOf(file, io.signal);
  if (found !== sha256) {
    await rm(file, { force: true });
    throw new ContainrError({
      code: 'ARTIFACT_CORRUPT',
      status: 502,
      detail: `The artifact ${artifact.id} arrived with another content.`,
      hint: 'Look for a proxy between agent and control plane that changes answers; then deploy again.',
    });
  }
  await runtime.unpack(artifact, file, io.signal);
  await rm(file, { force: true });
}

/** The folder of what is on its way; what an earlier life left there for a day is deleted. */
async function transfers(agent: AgentContext): Promise<string> {
  const folder = join(agent.directory, 'transfers');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) {
    const found = await stat(join(folder, name)).catch(() => null);
    if (found && Date.now() - found.mtimeMs > dayMs) await rm(join(folder, name), { force: true });
  }
  return folder;
}

async function contentOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest('hex');
}
