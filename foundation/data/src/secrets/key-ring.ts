import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ContainrError, defineSchema } from '@containr/sdk';
import type { Infer } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

const KeyFile = defineSchema({
  type: 'object',
  properties: {
    current: { type: 'string' },
    keys: { type: 'object', additionalProperties: { type: 'string', pattern: '^[A-Za-z0-9+/]{43}=$' } },
  },
  required: ['current', 'keys'],
  additionalProperties: false,
});
type KeyFile = Infer<typeof KeyFile>;

/** Seals texts with the newest key, opens them with the one they name. */
export interface KeyRing {
  /** AES-256-GCM, bound to the plugin and the owner. */
  seal(plugin: string, owner: string, text: string): string;
  /** Throws `SECRET_UNREADABLE` when it was changed, is another owner's, or its key is not there. */
  open(plugin: string, owner: string, sealed: string): string;
  /** HMAC-SHA256 of a text for one purpose, with the newest key: proves later that this install wrote it. */
  sign(purpose: string, text: string): string;
  /** Whether {@link KeyRing.sign} made that signature of that text for that purpose, with a key that is still here. */
  isSigned(purpose: string, text: string, signature: string): boolean;
  /** Makes a new key the newest; older ones still open what they sealed. Gives its id. */
  rotate(): Promise<string>;
}

/** Opens the key ring of an install, making it the first time. Throws `KEYS_UNREADABLE`: a damaged one is never replaced. */
export async function openKeyRing(directory: string): Promise<KeyRing> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const path = join(directory, 'keys.json');
  let ring = (await read(path)) ?? (await create(path));

  return {
    seal(plugin, owner, text) {
      const iv = randomBytes(ivBytes);
      const sealer = createCipheriv(cipher, keyOf(ring, ring.current), iv).setAAD(bound(plugin, owner, ring.current));
      const body = Buffer.concat([sealer.update(text, 'utf8'), sealer.final()]);
      return `v1.${ring.current}.${Buffer.concat([iv, sealer.getAuthTag(), body]).toString('base64url')}`;
    },
    open(plugin, owner, sealed) {
      const [version, id = '', content = ''] = sealed.split('.');
      try {
        if (version !== 'v1') throw new Error('it has no known form');
        const bytes = Buffer.from(content, 'base64url');
        const opener = createDecipheriv(cipher, keyOf(ring, id), bytes.subarray(0, ivBytes), {
          authTagLength: tagBytes,
        });
        opener.setAAD(bound(plugin, owner, id)).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
        return Buffer.concat([opener.update(bytes.subarray(ivBytes + tagBytes)), opener.final()]).toString('utf8');
      } catch (cause) {
        throw unreadable(plugin, owner, cause);
      }
    },
    sign: (purpose, text) =>
      `s1.${ring.current}.${macOf(keyOf(ring, ring.current), purpose, text).toString('base64url')}`,
    isSigned(purpose, text, signature) {
      const [version, id = '', given = ''] = signature.split('.');
      if (version !== 's1' || !Object.hasOwn(ring.keys, id)) return false;
      const made = macOf(keyOf(ring, id), purpose, text);
      const bytes = Buffer.from(given, 'base64url');
      return bytes.length === made.length && timingSafeEqual(bytes, made);
    },
    async rotate() {
      const next = withNewKey(ring);
      await write(`${path}.new`, next);
      await rename(`${path}.new`, path);
      ring = next;
      return ring.current;
    },
  };
}

// A key of its own for each purpose: what signs never is what seals.
function macOf(key: Buffer, purpose: string, text: string): Buffer {
  const own = Buffer.from(hkdfSync('sha256', key, '', `sign ${purpose}`, 32));
  return createHmac('sha256', own).update(text).digest();
}

function bound(plugin: string, owner: string, id: string): Buffer {
  return Buffer.from(JSON.stringify([plugin, owner, id]));
}

function keyOf(ring: KeyFile, id: string): Buffer {
  const key = Object.hasOwn(ring.keys, id) ? ring.keys[id] : undefined;
  if (key === undefined) throw new Error('its key is not in the key ring');
  return Buffer.from(key, 'base64');
}

function withNewKey(ring: KeyFile | null): KeyFile {
  const id = randomBytes(4).toString('hex');
  return { current: id, keys: { ...ring?.keys, [id]: randomBytes(32).toString('base64') } };
}

async function read(path: string): Promise<KeyFile | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : Promise.reject(error),
  );
  if (text === null) return null;
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

// Of two processes that make it at once, one wins and both use its key.
async function create(path: string): Promise<KeyFile> {
  const fresh = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await write(fresh, withNewKey(null));
  await link(fresh, path).catch((error: NodeJS.ErrnoException) =>
    error.code === 'EEXIST' ? undefined : Promise.reject(error),
  );
  await rm(fresh);
  const ring = await read(path);
  if (!ring) throw new Error(`${path} vanished while it was made`);
  return ring;
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

function unreadable(plugin: string, owner: string, cause: unknown): ContainrError {
  return new ContainrError({
    code: 'SECRET_UNREADABLE',
    status: 500,
    detail: `A secret of ${plugin} for ${owner} can't be opened: it was changed, belongs to another owner, or its key is missing.`,
    hint: 'Set the secret again, or restore the key ring from a backup.',
    cause,
  });
}
