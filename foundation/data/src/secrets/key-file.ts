import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ContainrError, defineSchema } from '@containr/sdk';
import type { Infer } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

const KeyFile = defineSchema({
  type: 'object',
  properties: {
    current: { type: 'string' },
    keys: { type: 'object', additionalProperties: { type: 'string', pattern: '^[A-Za-z0-9+/]{43}=$' } },
    /** When each key was made. */
    made: { type: 'object', additionalProperties: { type: 'string', format: 'date-time' } },
  },
  required: ['current', 'keys'],
  additionalProperties: false,
});
/** The keys of an install as they are kept. */
export type KeyFile = Infer<typeof KeyFile>;

/** A key by its id. Throws when it is not there. */
export function keyOf(ring: KeyFile, id: string): Buffer {
  const key = Object.hasOwn(ring.keys, id) ? ring.keys[id] : undefined;
  if (key === undefined) throw new Error('its key is not in the key ring');
  return Buffer.from(key, 'base64');
}

/** The ring with a new key, which is the current one. */
export function withNewKey(ring: KeyFile | null): KeyFile {
  const id = randomBytes(4).toString('hex');
  return {
    current: id,
    keys: { ...ring?.keys, [id]: randomBytes(32).toString('base64') },
    made: { ...ring?.made, [id]: new Date().toISOString() },
  };
}

/** Reads the ring; `null` when there is none yet. Throws `KEYS_UNREADABLE`. */
export async function readKeys(path: string): Promise<KeyFile | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : Promise.reject(error),
  );
  return text === null ? null : parse(path, text);
}

/** Reads the ring at once; for who meets a key that another process made. */
export function readKeysNow(path: string): KeyFile {
  return parse(path, readFileSync(path, 'utf8'));
}

function parse(path: string, text: string): KeyFile {
  try {
    const ring = validate<KeyFile>(KeyFile, JSON.parse(text), 'The key ring');
    keyOf(ring, ring.current);
    return ring;
  } catch (cause) {
    throw new ContainrError({
      code: 'KEYS_UNREADABLE',
      status: 500,
      detail: 'The key ring is damaged, so no secret can be opened.',
      hint: `Restore ${path} from a backup; making a new one would lose every stored secret.`,
      cause,
    });
  }
}

/** Makes the first ring; of two processes that make it at once, one wins and both use its key. */
export async function createKeys(path: string): Promise<KeyFile> {
  const fresh = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await write(fresh, withNewKey(null));
  await link(fresh, path).catch((error: NodeJS.ErrnoException) =>
    error.code === 'EEXIST' ? undefined : Promise.reject(error),
  );
  await rm(fresh);
  const ring = await readKeys(path);
  if (!ring) throw new Error(`${path} vanished while it was made`);
  return ring;
}

/** Puts a ring in the place of the one before, whole or not at all. */
export async function replaceKeys(path: string, ring: KeyFile): Promise<void> {
  const fresh = `${path}.${process.pid}.new`;
  await write(fresh, ring);
  await rename(fresh, path);
  await sync(dirname(path));
}

async function write(path: string, ring: KeyFile): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(ring));
    await file.sync();
  } finally {
    await file.close();
  }
}

// A rename is durable only when its folder is.
async function sync(directory: string): Promise<void> {
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
