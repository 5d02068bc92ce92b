import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import type { ArtifactStore } from './store.ts';
import { openArtifactStore } from './store.ts';

const content = Buffer.from('an artifact, packed');
const sha256 = createHash('sha256').update(content).digest('hex');
const size = content.length;

describe('artifacts on their way', () => {
  let folder: string;
  let store: ArtifactStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-artifacts-'));
    store = await openArtifactStore(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const piece = (from: number, to: number) => ({ offset: from, size, bytes: content.subarray(from, to) });

  async function codeOf(work: Promise<unknown>): Promise<unknown> {
    return work.then(
      () => null,
      (error: unknown) => Reflect.get(Object(error), 'code') as unknown,
    );
  }

  it('arrive piece by piece, go on where they stopped, and are read from any place', async () => {
    expect(await store.take(sha256, piece(0, 5))).to.deep.equal({ receivedBytes: 5, complete: false });
    expect(await codeOf(store.take(sha256, piece(9, 12)))).to.equal('CONFLICT_OFFSET');
    expect(await codeOf(store.open(sha256, 0))).to.equal('NOT_FOUND');
    const later = await openArtifactStore(folder);
    expect(await later.received(sha256)).to.deep.equal({ receivedBytes: 5, complete: false });
    expect(await later.take(sha256, piece(5, size))).to.deep.equal({ receivedBytes: size, complete: true });
    expect(await later.take(sha256, piece(0, 5))).to.deep.equal({ receivedBytes: size, complete: true });
    expect((await buffer((await later.open(sha256, 3)).stream)).toString()).to.equal(content.subarray(3).toString());
  });

  it('are what their name says, or are not kept', async () => {
    const other = '0'.repeat(64);
    expect(await codeOf(store.take(other, piece(0, size)))).to.equal('ARTIFACT_CORRUPT');
    expect(await store.received(other)).to.deep.equal({ receivedBytes: 0, complete: false });
  });

  it('go when nobody asked for them for a while', async () => {
    await store.take(sha256, piece(0, size));
    await store.sweep(new Date(Date.now() - 60_000));
    expect(await readdir(join(folder, 'artifacts'))).to.deep.equal([sha256]);
    await store.sweep(new Date(Date.now() + 60_000));
    expect(await readdir(join(folder, 'artifacts'))).to.deep.equal([]);
  });
});
