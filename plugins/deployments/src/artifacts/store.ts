import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { conflict, ContainrError, notFound } from '@containr/sdk';

/** How much of a file has arrived. */
export interface Received {
  readonly receivedBytes: number;
  readonly complete: boolean;
}

/** Packed artifacts on their way from node to node, by content. */
export interface ArtifactStore {
  received(sha256: string): Promise<Received>;
  /**
   * Takes a piece. Throws `CONFLICT_OFFSET` when it does not follow what is here, `ARTIFACT_CORRUPT` when the whole is not what
   * its name says, `DISK_FULL`.
   */
  take(sha256: string, piece: { offset: number; size: number; bytes: Uint8Array }): Promise<Received>;
  /** Reads it from a place on. Throws `NOT_FOUND`. */
  open(sha256: string, from: number): Promise<{ stream: Readable; sizeBytes: number }>;
  /** Deletes what nobody sent or fetched since a time. */
  sweep(before: Date): Promise<void>;
}

/** What stays free on the disk. */
const spareBytes = 512 * 1024 * 1024;

/** Opens the store in a folder. */
export async function openArtifactStore(directory: string): Promise<ArtifactStore> {
  const folder = join(directory, 'artifacts');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const whole = (sha256: string): string => join(folder, sha256);
  const part = (sha256: string): string => join(folder, `${sha256}.part`);
  const lanes = new Map<string, Promise<unknown>>();

  async function received(sha256: string): Promise<Received> {
    const complete = await sizeOf(whole(sha256));
    if (complete === null) return { receivedBytes: (await sizeOf(part(sha256))) ?? 0, complete: false };
    const now = new Date();
    await utimes(whole(sha256), now, now);
    return { receivedBytes: complete, complete: true };
  }

  async function take(sha256: string, piece: { offset: number; size: number; bytes: Uint8Array }): Promise<Received> {
    const before = await received(sha256);
    if (before.complete) return before;
    if (piece.offset !== before.receivedBytes)
      throw conflict('CONFLICT_OFFSET', `${before.receivedBytes} bytes are here.`, 'Go on from there.');
    if (piece.offset === 0) await requireSpace(folder, piece.size);
    const file = await open(part(sha256), piece.offset === 0 ? 'w' : 'r+', 0o600);
    try {
      await file.write(piece.bytes, 0, piece.bytes.byteLength, piece.offset);
    } finally {
      await file.close();
    }
    const receivedBytes = piece.offset + piece.bytes.byteLength;
    if (receivedBytes < piece.size) return { receivedBytes, complete: false };
    await finish(sha256);
    return { receivedBytes, complete: true };
  }

  async function finish(sha256: string): Promise<void> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(part(sha256)), hash);
    if (hash.digest('hex') === sha256) return rename(part(sha256), whole(sha256));
    await rm(part(sha256), { force: true });
    throw new ContainrError({
      code: 'ARTIFACT_CORRUPT',
      status: 422,
      detail: `What was sent as ${sha256.slice(0, 12)} has another content.`,
      hint: 'Look for a proxy between agent and control plane that changes requests; it is sent anew.',
    });
  }

  return {
    received,
    take(sha256, piece) {
      const mine = (lanes.get(sha256) ?? Promise.resolve()).then(() => take(sha256, piece));
      const settled = mine
        .catch(() => undefined)
        .then(() => void (lanes.get(sha256) === settled && lanes.delete(sha256)));
      lanes.set(sha256, settled);
      return mine;
    },
    async open(sha256, from) {
      const { receivedBytes, complete } = await received(sha256);
      if (!complete) throw notFound('packed artifact');
      return { stream: createReadStream(whole(sha256), { start: from }), sizeBytes: receivedBytes };
    },
    async sweep(before) {
      for (const name of await readdir(folder)) {
        const found = await stat(join(folder, name)).catch(() => null);
        if (found && found.mtime < before) await rm(join(folder, name), { force: true });
      }
    },
  };
}

async function sizeOf(file: string): Promise<number | null> {
  return (await stat(file).catch(() => null))?.size ?? null;
}

async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize > bytes + spareBytes) return;
  throw new ContainrError({
    code: 'DISK_FULL',
    status: 507,
    detail: `The artifact has ${Math.round(bytes / 1_048_576)} MB, and the control plane's disk has no room to carry it to another node.`,
    hint: 'Free space on the disk of the data folder, then deploy again.',
  });
}
