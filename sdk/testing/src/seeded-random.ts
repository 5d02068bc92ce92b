import { createHash } from 'node:crypto';
import type { Clock, Random } from '@containr/sdk';

/**
 * Randomness that is the same for the same seed: ids are UUIDv7 of the clock's time (a fixed one by default) and grow.
 *
 * @example const test = await startTestPlatform({ plugins: [plugin], random: seededRandom('run 7') });
 */
export function seededRandom(seed: string, clock?: Clock): Random {
  let drawn = 0;
  let made = 0;
  const bytes = (count: number): Uint8Array => {
    const all: Buffer[] = [];
    for (let length = 0; length < count; length += 32)
      all.push(
        createHash('sha256')
          .update(`${seed}\0${(drawn += 1)}`)
          .digest(),
      );
    return new Uint8Array(Buffer.concat(all).subarray(0, count));
  };
  return {
    bytes,
    id() {
      const time = (clock?.now() ?? new Date('2026-01-01T00:00:00.000Z')).getTime() + (made >> 12);
      const count = (made++ & 0xfff).toString(16).padStart(3, '0');
      const rest = Buffer.from(bytes(8));
      rest[0] = 0x80 | ((rest[0] ?? 0) & 0x3f);
      const hex = `${time.toString(16).padStart(12, '0')}7${count}${rest.toString('hex')}`;
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    },
  };
}
