import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ContainrError, conflict, notFound } from '@containr/sdk';
import { lock, unlock } from './box.ts';
import type { KeyFile } from './key-file.ts';
import { createKeys, keyOf, readKeys, readKeysNow, replaceKeys, withNewKey } from './key-file.ts';

/** A key of the ring, without the key. */
export interface KeyInfo {
  readonly id: string;
  /** Whether it seals; the others only open. */
  readonly current: boolean;
  readonly madeAt: Date | null;
}

/** Seals texts with the newest key, opens them with the one they name. */
export interface KeyRing {
  /**
   * AES-256-GCM with a key of its own, bound to the plugin and the owner; that key is wrapped by the current key of the
   * ring: `v2.<ring key>.<wrapped key>.<content>`.
   */
  seal(plugin: string, owner: string, text: string): string;
  /** Throws `SECRET_UNREADABLE` when it was changed, is another owner's, or its key is not there. */
  open(plugin: string, owner: string, sealed: string): string;
  /** Wraps the key of a sealed text anew, with the current key of the ring; the content stays. Throws `SECRET_UNREADABLE`. */
  rewrap(sealed: string): string;
  /** HMAC-SHA256 of a text for one purpose, with the newest key: proves later that this install wrote it. */
  sign(purpose: string, text: string): string;
  /** Whether {@link KeyRing.sign} made that signature of that text for that purpose, with a key that is still here. */
  isSigned(purpose: string, text: string, signature: string): boolean;
  /** The keys, oldest first. */
  list(): readonly KeyInfo[];
  /** Makes a new key the newest; older ones still open what they sealed. Gives its id. One process at a time. */
  rotate(): Promise<string>;
  /** Removes a key for good; what it sealed is lost. Throws `NOT_FOUND`, `CONFLICT_KEY_CURRENT`. One process at a time. */
  retire(id: string): Promise<void>;
  /** Takes over what another process did to the ring. */
  reload(): Promise<void>;
}

/** Opens the key ring of an install, making it the first time. Throws `KEYS_UNREADABLE`: a damaged one is never replaced. */
export async function openKeyRing(directory: string): Promise<KeyRing> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const path = join(directory, 'keys.json');
  let ring = (await readKeys(path)) ?? (await createKeys(path));

  /** A key that is not known here may have been made by another process just now. */
  function keyFor(id: string): Buffer {
    if (!Object.hasOwn(ring.keys, id)) ring = readKeysNow(path);
    return keyOf(ring, id);
  }

  async function latest(): Promise<KeyFile> {
    const found = await readKeys(path);
    if (!found) throw new Error(`${path} is gone`);
    return found;
  }

  return {
    seal(plugin, owner, text) {
      const own = randomBytes(32);
      const wrapped = lock(keyOf(ring, ring.current), ['key', ring.current], own);
      return `v2.${ring.current}.${wrapped}.${lock(own, [plugin, owner], Buffer.from(text, 'utf8'))}`;
    },
    open(plugin, owner, sealed) {
      const [version, id = '', first = '', second = '', ...more] = sealed.split('.');
      try {
        if (more.length > 0 || (version !== 'v2' && version !== 'v1')) throw new Error('it has no known form');
        // Version 1 had no key of its own.
        if (version === 'v1') return unlock(keyFor(id), [plugin, owner, id], first).toString('utf8');
        return unlock(unlock(keyFor(id), ['key', id], first), [plugin, owner], second).toString('utf8');
      } catch (cause) {
        throw unreadable(`A secret of ${plugin} for ${owner}`, cause);
      }
    },
    rewrap(sealed) {
      const [version, id = '', wrapped = '', content = ''] = sealed.split('.');
      try {
        if (version !== 'v2') throw new Error('it has no known form');
        const own = unlock(keyFor(id), ['key', id], wrapped);
        return `v2.${ring.current}.${lock(keyOf(ring, ring.current), ['key', ring.current], own)}.${content}`;
      } catch (cause) {
        throw unreadable('A secret', cause);
      }
    },
    sign: (purpose, text) =>
      `s1.${ring.current}.${macOf(keyOf(ring, ring.current), purpose, text).toString('base64url')}`,
    isSigned(purpose, text, signature) {
      const [version, id = '', given = ''] = signature.split('.');
      if (version !== 's1') return false;
      if (!Object.hasOwn(ring.keys, id)) ring = readKeysNow(path);
      if (!Object.hasOwn(ring.keys, id)) return false;
      const made = macOf(keyOf(ring, id), purpose, text);
      const bytes = Buffer.from(given, 'base64url');
      return bytes.length === made.length && timingSafeEqual(bytes, made);
    },
    list: () =>
      Object.keys(ring.keys)
        .map((id) => {
          const made = ring.made?.[id];
          return { id, current: id === ring.current, madeAt: made === undefined ? null : new Date(made) };
        })
        .sort((a, b) => (a.madeAt?.getTime() ?? 0) - (b.madeAt?.getTime() ?? 0)),
    async rotate() {
      const next = withNewKey(await latest());
      await replaceKeys(path, next);
      ring = next;
      return ring.current;
    },
    async retire(id) {
      const found = await latest();
      if (!Object.hasOwn(found.keys, id)) throw notFound('key');
      if (id === found.current)
        throw conflict('CONFLICT_KEY_CURRENT', `The key ${id} seals what is stored now.`, 'Rotate the keys first.');
      const without = (of: Readonly<Record<string, string>>) =>
        Object.fromEntries(Object.entries(of).filter(([one]) => one !== id));
      const next: KeyFile = { ...found, keys: without(found.keys), made: without(found.made ?? {}) };
      await replaceKeys(path, next);
      ring = next;
    },
    async reload() {
      ring = await latest();
    },
  };
}

// A key of its own for each purpose: what signs never is what seals.
function macOf(key: Buffer, purpose: string, text: string): Buffer {
  const own = Buffer.from(hkdfSync('sha256', key, '', `sign ${purpose}`, 32));
  return createHmac('sha256', own).update(text).digest();
}

function unreadable(what: string, cause: unknown): ContainrError {
  return new ContainrError({
    code: 'SECRET_UNREADABLE',
    status: 500,
    detail: `${what} can't be opened: it was changed, belongs to another owner, or its key is missing.`,
    hint: 'Set the secret again, or restore the key ring from a backup.',
    cause,
  });
}
