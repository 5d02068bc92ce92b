import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { PluginContext } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { Peer } from '@containr/cell/channel';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** Secrets of an isolated plugin: AES-256-GCM under a key that only this plugin is given, bound to the owner. */
export function secretsFacet(key: Buffer, peer: () => Peer): PluginContext['secrets'] {
  return {
    read: async (name) => ((await peer().call('secret.read', { name })) as { secret: string }).secret,
    seal(owner, text) {
      const iv = randomBytes(ivBytes);
      const seal = createCipheriv(cipher, key, iv).setAAD(Buffer.from(owner));
      const sealed = Buffer.concat([seal.update(text, 'utf8'), seal.final()]);
      return Buffer.concat([iv, seal.getAuthTag(), sealed]).toString('base64url');
    },
    open(owner, sealed) {
      try {
        const bytes = Buffer.from(sealed, 'base64url');
        const open = createDecipheriv(cipher, key, bytes.subarray(0, ivBytes))
          .setAAD(Buffer.from(owner))
          .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
        return Buffer.concat([open.update(bytes.subarray(ivBytes + tagBytes)), open.final()]).toString('utf8');
      } catch (cause) {
        throw new ContainrError({
          code: 'SECRET_UNREADABLE',
          status: 500,
          detail: `A secret of "${owner}" can't be read with this plugin's key.`,
          hint: 'It was sealed for another owner or by another install: set it anew.',
          cause,
        });
      }
    },
  };
}
