import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from 'node:crypto';
import type { ScryptOptions } from 'node:crypto';
import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { damaged, truncated, wrongPassphrase } from './errors.ts';

/** First bytes of an encrypted backup. */
export const sealedMagic = Buffer.from('CTRBAK01');
const endMagic = Buffer.from('CTRBKEND');
const chunkBytes = 65_536;
const tagBytes = 16;
const cipher = 'aes-256-gcm';
const cost = { N: 65_536, r: 8, p: 1 };

const Header = defineSchema({
  type: 'object',
  properties: {
    salt: { type: 'string' },
    /** Beginning of a hash of what the passphrase also gives: tells a wrong one from a damaged file. */
    check: { type: 'string' },
    N: { type: 'integer', minimum: 1024, maximum: 1_048_576 },
    r: { type: 'integer', minimum: 1, maximum: 32 },
    p: { type: 'integer', minimum: 1, maximum: 8 },
  },
  required: ['salt', 'check', 'N', 'r', 'p'],
  additionalProperties: false,
});
type Header = Infer<typeof Header>;

/**
 * Encrypts a stream: AES-256-GCM in chunks of 64 KiB with a key that scrypt makes of the passphrase. Each chunk is bound to
 * its place and the last one is marked, so that none can be changed, moved, left out or cut off unseen.
 */
export async function* seal(source: AsyncIterable<Uint8Array>, passphrase: Uint8Array): AsyncGenerator<Buffer> {
  const salt = randomBytes(32);
  const { key, check } = await derive(passphrase, salt, cost);
  const text = Buffer.from(JSON.stringify({ salt: salt.toString('base64'), check, ...cost } satisfies Header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  yield Buffer.concat([sealedMagic, length, text, digest(text)]);
  let place = 0;
  for await (const { chunk, last } of chunks(source, chunkBytes)) {
    const sealer = createCipheriv(cipher, key, nonce(place, last)).setAAD(text);
    yield Buffer.concat([sealer.update(chunk), sealer.final(), sealer.getAuthTag()]);
    place += 1;
  }
  yield endMagic;
}

/** Decrypts what {@link seal} made. Throws `BACKUP_PASSPHRASE`, `BACKUP_DAMAGED`, `BACKUP_TRUNCATED`. */
export async function* unseal(source: AsyncIterable<Uint8Array>, passphrase: Uint8Array): AsyncGenerator<Buffer> {
  const reader = await openSealed(source);
  const { key, check } = await derive(passphrase, Buffer.from(reader.header.salt, 'base64'), reader.header);
  if (check !== reader.header.check) throw wrongPassphrase();
  let place = 0;
  for await (const { chunk, last } of chunks(reader.rest, chunkBytes + tagBytes, endMagic)) {
    const opener = createDecipheriv(cipher, key, nonce(place, last), { authTagLength: tagBytes });
    opener.setAAD(reader.text).setAuthTag(chunk.subarray(chunk.length - tagBytes));
    try {
      yield Buffer.concat([opener.update(chunk.subarray(0, chunk.length - tagBytes)), opener.final()]);
    } catch (cause) {
      throw damaged(`the ${chunkBytes / 1024} KiB from byte ${place * chunkBytes} on are not what was written`, cause);
    }
    place += 1;
  }
}

async function openSealed(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  async function take(count: number): Promise<Buffer> {
    while (held.length < count) {
      const next = await iterator.next();
      if (next.done) throw truncated();
      held = Buffer.concat([held, next.value]);
    }
    const taken = held.subarray(0, count);
    held = held.subarray(count);
    return taken;
  }
  await take(sealedMagic.length);
  const length = (await take(4)).readUInt32BE();
  if (length > 4096) throw damaged('its head is not readable');
  const text = await take(length);
  if (!digest(text).equals(await take(8))) throw damaged('its head is not what was written');
  async function* rest(): AsyncGenerator<Uint8Array> {
    yield held;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  }
  return {
    header: validate<Header>(Header, JSON.parse(text.toString('utf8')), 'The head of the backup'),
    text,
    rest: rest(),
  };
}

/** Cuts a stream into pieces of one size; the last one may be smaller. `end` has to follow the last one. */
async function* chunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
  end: Buffer = Buffer.alloc(0),
): AsyncGenerator<{ chunk: Buffer; last: boolean }> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    parts.push(part);
    length += part.length;
    if (length <= size + end.length) continue;
    let whole = Buffer.concat(parts);
    // One piece stays behind: only at the end it is known which one is the last.
    while (whole.length > size + end.length) {
      yield { chunk: whole.subarray(0, size), last: false };
      whole = whole.subarray(size);
    }
    parts = [whole];
    length = whole.length;
  }
  const whole = Buffer.concat(parts);
  const content = whole.subarray(0, whole.length - end.length);
  if (whole.length < end.length || !whole.subarray(content.length).equals(end)) throw truncated();
  if (end.length > 0 && content.length < tagBytes) throw truncated();
  yield { chunk: content, last: true };
}

function nonce(place: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUIntBE(place, 5, 6);
  bytes[11] = last ? 1 : 0;
  return bytes;
}

function digest(text: Uint8Array): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, 8);
}

function derive(passphrase: Uint8Array, salt: Buffer, { N, r, p }: ScryptOptions & typeof cost) {
  return new Promise<{ key: Buffer; check: string }>((resolve, reject) =>
    scrypt(passphrase, salt, 64, { N, r, p, maxmem: 256 * N * r }, (error, made) => {
      if (error) reject(error);
      else
        resolve({
          key: made.subarray(0, 32),
          check: createHash('sha256').update(made.subarray(32)).digest('base64').slice(0, 22),
        });
    }),
  );
}
