import { closeSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { watchDisk } from './disk-watch.ts';

const megabyte = 1_048_576;

describe('what a folder may hold', function () {
  this.timeout(20_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'containr-disk-'));
    await mkdir(join(directory, 'deep/er'), { recursive: true });
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** What is told of it: the folder is looked at until it is over, or a second one that is over was. */
  async function told(bytes: number): Promise<string | null> {
    const over = Promise.withResolvers<string | null>();
    const end = watchDisk({ directory, bytes, pids: () => [process.pid], over: over.resolve });
    const second = watchDisk({ directory, bytes: -1, pids: () => [], over: () => setTimeout(over.resolve, 500, null) });
    const detail = await over.promise;
    end();
    second();
    return detail;
  }

  it('counts files at any depth, and follows no link', async () => {
    await symlink('/usr', join(directory, 'link'));
    await writeFile(join(directory, 'deep/er/file'), Buffer.alloc(3 * megabyte, 1));
    expect(await told(4 * megabyte)).to.equal(null);
    expect(await told(2 * megabyte)).to.match(/^Its folder holds \d MB, and may hold 2 MB$/);
  });

  it('counts blocks, not lengths, and files that were deleted and are still open', async () => {
    const file = openSync(join(directory, 'open'), 'w');
    ftruncateSync(file, 1000 * megabyte);
    expect(await told(2 * megabyte)).to.equal(null);
    writeSync(file, Buffer.alloc(3 * megabyte, 1));
    unlinkSync(join(directory, 'open'));
    expect(await told(2 * megabyte)).to.match(/may hold 2 MB/);
    closeSync(file);
    expect(await told(2 * megabyte)).to.equal(null);
  });

  it('counts each of very many files, however small', async () => {
    const names = Array.from({ length: 20_010 }, (_, n) => join(directory, `${n}`));
    for (const name of names) closeSync(openSync(name, 'w'));
    const detail = await new Promise((over) => {
      watchDisk({ directory, bytes: 1000 * megabyte, pids: () => [], over });
    });
    expect(detail).to.equal('Its folder holds more than 20000 files');
  });
});
