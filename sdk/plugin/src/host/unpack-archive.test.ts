import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { expect } from 'chai';
import { pack } from 'tar-stream';
import type { Header } from 'tar-stream';
import { isContainrError } from '../errors.ts';
import { unpackArchive } from './unpack-archive.ts';

describe('Unpacking an archive', () => {
  let directory = '';
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'containr-unpack-'))));
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function archive(entries: readonly (Partial<Header> & { name: string; text?: string })[]): Promise<Buffer> {
    const packing = pack();
    for (const { text, ...header } of entries) packing.entry(header, text ?? '');
    packing.finalize();
    return buffer(packing.pipe(createGzip()));
  }

  async function codeOf(bytes: Buffer, limits = {}): Promise<string> {
    const error = await unpackArchive(Readable.from([bytes]), directory, limits).then(
      () => null,
      (caught: unknown) => caught,
    );
    return isContainrError(error) ? error.code : String(error);
  }

  it('takes files, folders and links inside, with plain modes', async () => {
    const bytes = await archive([
      { name: './bin/', type: 'directory' },
      { name: './bin/run', text: '#!/bin/sh', mode: 0o4777 },
      { name: 'plain.txt', text: 'hello', mode: 0o600 },
      { name: 'deep/link', type: 'symlink', linkname: '../bin/run' },
    ]);
    expect(await unpackArchive(Readable.from([bytes]), directory)).to.deep.equal({ entries: 4, bytes: 14 });
    expect((await lstat(join(directory, 'bin/run'))).mode & 0o7777).to.equal(0o755);
    expect((await lstat(join(directory, 'plain.txt'))).mode & 0o7777).to.equal(0o644);
    expect(await readFile(join(directory, 'deep/link'), 'utf8')).to.equal('#!/bin/sh');
  });

  const unsafe: Record<string, readonly (Partial<Header> & { name: string; text?: string })[]> = {
    'a path that climbs out': [{ name: '../out', text: 'x' }],
    'an absolute path': [{ name: '/etc/out', text: 'x' }],
    'a link that leads out': [{ name: 'a/link', type: 'symlink', linkname: '../../out' }],
    'an absolute link': [{ name: 'link', type: 'symlink', linkname: '/etc/passwd' }],
    'a link that turns back behind another': [
      { name: 'a', type: 'symlink', linkname: '.' },
      { name: 'b', type: 'symlink', linkname: 'a/a/../..' },
    ],
    'a link below a link': [
      { name: 'a', type: 'symlink', linkname: '.' },
      { name: 'a/a/x', type: 'symlink', linkname: '../..' },
    ],
    'a file through a link': [
      { name: 'a', type: 'symlink', linkname: 'b' },
      { name: 'a/file', text: 'x' },
    ],
    'a hard link': [{ name: 'hard', type: 'link', linkname: 'other' }],
    'a device': [{ name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }],
  };
  for (const [what, entries] of Object.entries(unsafe)) {
    it(`refuses ${what}`, async () => {
      expect(await codeOf(await archive(entries))).to.equal('ARCHIVE_UNSAFE');
    });
  }

  it('refuses more bytes or entries than allowed', async () => {
    const bytes = await archive([
      { name: 'a', text: 'x'.repeat(100) },
      { name: 'b', text: 'x' },
    ]);
    expect(await codeOf(bytes, { maxBytes: 50 })).to.equal('ARCHIVE_TOO_LARGE');
    expect(await codeOf(bytes, { maxEntries: 1 })).to.equal('ARCHIVE_TOO_LARGE');
  });

  it('says that an archive is broken', async () => {
    const bytes = await archive([{ name: 'a', text: 'x'.repeat(5000) }]);
    expect(await codeOf(Buffer.from('no archive'))).to.equal('ARCHIVE_BROKEN');
    expect(await codeOf(bytes.subarray(0, bytes.length - 20))).to.equal('ARCHIVE_BROKEN');
    expect(await readdir(directory)).to.be.an('array');
  });
});
