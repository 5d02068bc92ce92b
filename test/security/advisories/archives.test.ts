import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { restoreBackup } from '@containr/backup';
import { createLogger, unpackArchive } from '@containr/sdk/host';
import { scratchFolder } from '@containr/testing';
import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Headers } from 'tar-stream';
import { pack } from 'tar-stream';

interface Part {
  readonly name: string;
  readonly type?: 'file' | 'symlink' | 'link' | 'directory';
  readonly linkname?: string;
}

async function tarOf(parts: readonly Part[], more: Readonly<Record<string, string>> = {}): Promise<Buffer> {
  const tar = pack();
  for (const { name, type = 'file', linkname } of parts)
    tar.entry(
      { name, type, ...(linkname === undefined ? {} : { linkname }) } satisfies Headers,
      type === 'file' ? 'owned' : undefined,
    );
  for (const [name, text] of Object.entries(more)) tar.entry({ name }, text);
  tar.finalize();
  return buffer(tar);
}

/** Where names lead that want to get out. */
const step = fc.constantFrom('..', '.', 'a', 'b', 'link', '', '...', '..a', 'a..', '~', '\\', '%2e%2e');
const path = fc.array(step, { minLength: 1, maxLength: 6 }).map((steps) => steps.join('/'));
const absolute = path.map((one) => `/${one}`);
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ name: fc.oneof(path, absolute), type: fc.constant('file' as const) }),
  fc.record({ name: path, type: fc.constant('directory' as const) }),
  fc.record({
    name: path,
    type: fc.constantFrom('symlink' as const, 'link' as const),
    linkname: fc.oneof(path, absolute),
  }),
);

describe('archives that want to get out of their folder', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(async () => {
    folder = await scratchFolder('archives');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('#65 #67 #71 write nothing beside it, whatever their entries are and in whatever order', async () => {
    const runs = process.env['CONTAINR_TEST_FULL'] === undefined ? 300 : 10_000;
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
        await rm(folder, { recursive: true, force: true });
        await mkdir(join(folder, 'beside'), { recursive: true });
        await writeFile(join(folder, 'beside', 'file'), 'untouched');
        const into = join(folder, 'deep', 'into');
        await mkdir(into, { recursive: true });
        const archive = gzipSync(await tarOf(parts));
        await unpackArchive(Readable.from([archive]), into).then(
          () => (taken += 1),
          (error: unknown) => expect(String(Reflect.get(Object(error), 'code'))).to.match(/^ARCHIVE_/),
        );
        expect((await readdir(folder)).toSorted()).to.deep.equal(['beside', 'deep']);
        expect(await readdir(join(folder, 'deep'))).to.deep.equal(['into']);
        expect(await readdir(join(folder, 'beside'))).to.deep.equal(['file']);
      }),
      { numRuns: runs, seed: 65 },
    );
    expect(taken).to.be.greaterThan(runs / 20);
  });

  it('#68 #70 get nowhere through a link when an install is restored', async () => {
    const about = JSON.stringify({ format: 1, version: '0.1.0', createdAt: new Date().toISOString(), postgres: '16' });
    const sum = (text: string): { sizeBytes: number; sha256: string } => ({
      sizeBytes: Buffer.byteLength(text),
      sha256: createHash('sha256').update(text).digest('hex'),
    });
    for (const parts of [
      [
        { name: 'files/t/', type: 'directory' },
        { name: 'files/d/e/f/', type: 'directory' },
        { name: 'files/d/e/f/s', type: 'symlink', linkname: '../../../t' },
        { name: 'files/d/e/f/s/out', type: 'symlink', linkname: '../../../beside' },
        { name: 'files/d/e/f/s/out/owned' },
      ],
      [{ name: 'files/../../beside/owned' }],
      [{ name: 'files/out', type: 'symlink', linkname: '../../beside' }, { name: 'files/out/owned' }],
      [{ name: 'files/out', type: 'symlink', linkname: '/tmp' }, { name: 'files/out/owned' }],
    ] as const satisfies readonly (readonly Part[])[]) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(join(folder, 'beside'), { recursive: true });
      const listed = parts.flatMap((one: Part) =>
        one.type === 'directory'
          ? []
          : [
              {
                path: one.name,
                ...(one.type === 'symlink' ? { ...sum(one.linkname ?? ''), sizeBytes: 0 } : sum('owned')),
              },
            ],
      );
      const manifest = JSON.stringify({ parts: [{ path: 'about.json', ...sum(about) }, ...listed] });
      const tar = await buffer(withFirst(about, parts, manifest));
      const file = join(folder, 'backup.tar');
      await writeFile(file, tar);
      const failed = await restoreBackup({
        file,
        data: join(folder, 'x/data'),
        passphrase: null,
        signal: AbortSignal.timeout(30_000),
        log: createLogger({ level: 'silent' }),
      }).catch((error: unknown) => error);
      expect(Reflect.get(Object(failed), 'code'), JSON.stringify(parts)).to.equal('BACKUP_DAMAGED');
      expect(await readdir(join(folder, 'beside')), JSON.stringify(parts)).to.deep.equal([]);
    }
  });
});

function withFirst(about: string, parts: readonly Part[], manifest: string): Readable {
  const tar = pack();
  tar.entry({ name: 'about.json' }, about);
  for (const { name, type = 'file', linkname } of parts)
    tar.entry({ name, type, ...(linkname === undefined ? {} : { linkname }) }, type === 'file' ? 'owned' : undefined);
  tar.entry({ name: 'manifest.json' }, manifest);
  tar.finalize();
  return tar;
}
