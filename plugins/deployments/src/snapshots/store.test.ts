import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Header } from 'tar-stream';
import { pack } from 'tar-stream';
import type { SnapshotStore } from './store.ts';
import { openSnapshotStore } from './store.ts';

type Entry = Partial<Header> & { name: string; body?: string };

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { body, ...header } of entries) {
    if (header.type && header.type !== 'file') tar.entry(header);
    else tar.entry(header, body ?? '');
  }
  tar.finalize();
  return buffer(tar);
}

describe('the snapshot store', () => {
  let folder: string;
  let store: SnapshotStore;
  const signal = new AbortController().signal;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-snapshots-'));
    store = await openSnapshotStore(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function take(data: Buffer): Promise<string> {
    const file = join(folder, 'upload');
    await writeFile(file, data);
    return (await store.take(file, signal)).treeHash;
  }

  async function refusal(data: Buffer): Promise<string> {
    const error: unknown = await take(data).then(
      () => null,
      (failure: unknown) => failure,
    );
    expect(await readdir(join(folder, 'tmp')), 'nothing half-written').to.deep.equal([]);
    expect(await readdir(join(folder, 'snapshots'))).to.deep.equal([]);
    return error instanceof Error && 'code' in error ? String(error.code) : 'taken';
  }

  it('removes what a control plane was in the middle of when it was killed, and nothing of one that lives', async () => {
    const killed = spawnSync(process.execPath, ['--version']).pid;
    const mine = await store.temporary();
    await mkdir(join(folder, 'tmp', `${killed}-abcdef`));
    await openSnapshotStore(folder);
    expect(await readdir(join(folder, 'tmp'))).to.deep.equal([basename(mine)]);
  });

  it('gives the same content the same hash, whatever the archive says about order, times and owners', async () => {
    const one = await take(
      await tarOf([
        { name: 'a.txt', body: 'a' },
        { name: 'b/c.sh', body: 'c', mode: 0o755 },
      ]),
    );
    const two = await take(
      gzipSync(
        await tarOf([
          { name: './b/', type: 'directory' },
          { name: './b/c.sh', body: 'c', mode: 0o700, uid: 7, mtime: new Date(5) },
          { name: './a.txt', body: 'a' },
        ]),
      ),
    );
    const other = await take(
      await tarOf([
        { name: 'a.txt', body: 'a' },
        { name: 'b/c.sh', body: 'c' },
      ]),
    );
    expect(two).to.equal(one);
    expect(other).not.to.equal(one);
    expect(await readdir(join(folder, 'snapshots'))).to.have.length(2);
  });

  it('unpacks what it took: files, modes and links', async () => {
    const hash = await take(
      await tarOf([
        { name: 'bin/run', body: 'x', mode: 0o755 },
        { name: 'latest', type: 'symlink', linkname: 'bin/run' },
        { name: 'bin/again', type: 'link', linkname: 'bin/run' },
        { name: '.git/config', body: 'secret' },
      ]),
    );
    await store.unpacked(hash, signal, async (root) => {
      expect(await readFile(join(root, 'latest'), 'utf8')).to.equal('x');
      expect(await readlink(join(root, 'latest'))).to.equal('bin/run');
      expect((await stat(join(root, 'bin/again'))).mode & 0o777).to.equal(0o755);
      expect(await readdir(root)).to.have.members(['bin', 'latest']);
    });
    expect(await readdir(join(folder, 'tmp'))).to.deep.equal([]);
  });

  const hostile: readonly [string, Entry[]][] = [
    ['a path that climbs out', [{ name: '../evil', body: 'x' }]],
    ['a path that climbs out in the middle', [{ name: 'a/../../evil', body: 'x' }]],
    ['an absolute path', [{ name: '/etc/evil', body: 'x' }]],
    ['a link to an absolute path', [{ name: 'l', type: 'symlink', linkname: '/etc/passwd' }]],
    ['a link that climbs out', [{ name: 'a/l', type: 'symlink', linkname: '../../etc' }]],
    [
      'a link that climbs out behind another',
      [
        { name: 'p/q/r', type: 'symlink', linkname: '../..' },
        { name: 's', type: 'symlink', linkname: 'p/q/r/../../etc' },
      ],
    ],
    [
      'a file behind a link',
      [
        { name: 'l', type: 'symlink', linkname: 'd' },
        { name: 'l/f', body: 'x' },
      ],
    ],
    ['a hard link to what is outside', [{ name: 'l', type: 'link', linkname: '/etc/passwd' }]],
    [
      'a hard link to a link',
      [
        { name: 'l', type: 'symlink', linkname: 'x' },
        { name: 'h', type: 'link', linkname: 'l' },
      ],
    ],
    ['a device', [{ name: 'sda', type: 'block-device', devmajor: 8, devminor: 0 }]],
    ['a pipe', [{ name: 'p', type: 'fifo' }]],
    [
      'a file that is a folder too',
      [
        { name: 'a/b', body: 'x' },
        { name: 'a', body: 'x' },
      ],
    ],
    ['a backslash path', [{ name: '..\\evil', body: 'x' }]],
  ];
  for (const [what, entries] of hostile) {
    it(`refuses ${what}`, async () => {
      expect(await refusal(await tarOf([{ name: 'ok.txt', body: 'ok' }, ...entries]))).to.equal('UPLOAD_UNSAFE');
    });
  }

  it('refuses a bomb while it unpacks', async () => {
    const bomb = gzipSync(await tarOf([{ name: 'zeros', body: '\0'.repeat(80 * 1024 * 1024) }]));
    expect(bomb.byteLength).to.be.lessThan(1024 * 1024);
    expect(await refusal(bomb)).to.equal('UPLOAD_TOO_LARGE');
  });

  it('refuses what is no archive, a damaged one, and an empty one', async () => {
    expect(await refusal(Buffer.from('hello'))).to.equal('UPLOAD_UNREADABLE');
    const whole = gzipSync(await tarOf([{ name: 'a', body: 'x'.repeat(5000) }]));
    expect(await refusal(whole.subarray(0, whole.byteLength - 20))).to.equal('UPLOAD_UNREADABLE');
    expect(await refusal(await tarOf([]))).to.equal('SOURCE_EMPTY');
    expect(await refusal(Buffer.from('PK\x03\x04broken'))).to.equal('UPLOAD_UNREADABLE');
  });

  it('never writes outside, whatever the names are', async () => {
    const part = fc.constantFrom('..', '.', 'a', 'b', '', 'l');
    const name = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
    const entry = fc.oneof(
      fc.record({ name, body: fc.constant('x') }),
      fc.record({ name, type: fc.constant('symlink' as const), linkname: name }),
      fc.record({ name, type: fc.constant('directory' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 6 }), async (entries) => {
        const before = await readdir(folder);
        await writeFile(join(folder, 'upload'), await tarOf(entries.filter((one) => one.name !== '')));
        await store.take(join(folder, 'upload'), signal).catch(() => undefined);
        expect(new Set(await readdir(folder))).to.deep.equal(new Set([...before, 'upload']));
        expect(await readdir(join(folder, 'tmp'))).to.deep.equal([]);
      }),
      { numRuns: 150 },
    );
  });
});
