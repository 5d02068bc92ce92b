import { mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { pack } from 'tar-stream';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';
import type { SnapshotStore } from '../src/snapshots/store.ts';
import { openSnapshotStore } from '../src/snapshots/store.ts';
import { archiveOf } from './install.ts';
import { zipOf } from './zip.ts';

const signal = new AbortController().signal;

describe('a zip archive', () => {
  let folder: string;
  let store: SnapshotStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-zip-'));
    store = await openSnapshotStore(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function take(data: Buffer): Promise<string> {
    await writeFile(join(folder, 'upload'), data);
    return (await store.take(join(folder, 'upload'), signal)).treeHash;
  }

  it('gives the same tree as a tar of the same files, with modes and links', async () => {
    const zip = await take(
      zipOf([
        { name: 'bin/', text: '', mode: 0o040755 },
        { name: 'bin/run', text: 'go', mode: 0o100755 },
        { name: 'now', text: 'bin/run', mode: 0o120777 },
      ]),
    );
    const tar = pack();
    tar.entry({ name: 'now', type: 'symlink', linkname: 'bin/run' });
    tar.entry({ name: 'bin/run', mode: 0o755 }, 'go');
    tar.finalize();
    expect(await take(await buffer(tar))).to.equal(zip);
    await store.unpacked(zip, signal, async (root) => {
      expect((await stat(join(root, 'bin/run'))).mode & 0o777).to.equal(0o755);
      expect(await readlink(join(root, 'now'))).to.equal('bin/run');
      expect(await readFile(join(root, 'now'), 'utf8')).to.equal('go');
    });
  });

  for (const [what, name, text, mode] of [
    ['a path that climbs out', '../evil', 'x', 0o100644],
    ['an absolute path', '/etc/evil', 'x', 0o100644],
    ['a link that leads out', 'l', '../../etc/passwd', 0o120777],
    ['a device', 'd', '', 0o060644],
  ] as const) {
    it(`is refused with ${what}`, async () => {
      const error: unknown = await take(
        zipOf([
          { name: 'ok', text: 'ok', mode: 0o100644 },
          { name, text, mode },
        ]),
      ).catch((failure: unknown) => failure);
      expect(Reflect.get(Object(error), 'code')).to.be.oneOf(['UPLOAD_UNSAFE', 'UPLOAD_UNREADABLE']);
      expect(await readdir(join(folder, 'snapshots'))).to.deep.equal([]);
      expect(await readdir(join(folder, 'tmp'))).to.deep.equal([]);
    });
  }
});

describe('uploads', function () {
  this.timeout(60_000);
  let test: TestPlatform;

  before(async () => {
    test = await startTestPlatform({ plugins: ['auth', 'deployments'] });
  });
  after(() => test?.stop());

  const send = (body: Buffer, type = 'application/gzip') =>
    test.console('/uploads', { method: 'POST', organisation: 'default', body, headers: { 'content-type': type } });

  it('are kept once by content, and given to agents only', async () => {
    const first = await send(await archiveOf({ 'a.txt': 'a', 'b.txt': 'b' }));
    const second = await send(await archiveOf({ 'b.txt': 'b', 'a.txt': 'a' }));
    expect(first.status).to.equal(201);
    expect(second.json).to.deep.equal(first.json);
    const path = `/uploads/snapshots/${String(first.field('treeHash'))}`;
    expect((await test.request(`/api/v1${path}`)).status).to.equal(401);
    expect((await test.console(path)).status).to.equal(200);
    expect((await test.console(`/uploads/snapshots/${'0'.repeat(64)}`)).status).to.equal(404);
    expect((await test.console('/uploads/snapshots/..%2f..%2fkeys')).status).to.equal(404);
  });

  it('that are hostile, damaged or empty get a problem that says so', async () => {
    const tar = pack();
    tar.entry({ name: '../../evil' }, 'x');
    tar.finalize();
    const hostile = await send(await buffer(tar), 'application/x-tar');
    expect([hostile.status, hostile.field('code')]).to.deep.equal([422, 'UPLOAD_UNSAFE']);
    expect(hostile.field('detail')).to.contain('../../evil');
    const damaged = await send(Buffer.from('this is no archive'));
    expect([damaged.status, damaged.field('code')]).to.deep.equal([422, 'UPLOAD_UNREADABLE']);
    const none = await send(await archiveOf({}));
    expect([none.status, none.field('code')]).to.deep.equal([422, 'SOURCE_EMPTY']);
    expect((await send(Buffer.from('{}'), 'application/json')).status).to.equal(415);
    expect(await readdir(join(test.data, 'plugins/deployments/tmp'))).to.deep.equal([]);
  });
});
