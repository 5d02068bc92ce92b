import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { packFolder } from './pack-folder.ts';
import { unpackArchive } from './unpack-archive.ts';

const { signal } = new AbortController();

describe('a packed folder', () => {
  let scratch: string;
  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'containr-pack-'));
  });
  afterEach(() => rm(scratch, { recursive: true, force: true }));

  async function sample(name: string): Promise<string> {
    const folder = join(scratch, name);
    await mkdir(join(folder, 'bin/empty'), { recursive: true });
    await writeFile(join(folder, 'bin/run'), '#!/bin/sh\n');
    await chmod(join(folder, 'bin/run'), 0o755);
    await writeFile(join(folder, 'a.txt'), 'a'.repeat(100_000));
    await symlink('bin/run', join(folder, 'start'));
    await symlink('/usr/bin/env', join(folder, 'outside'));
    return folder;
  }

  it('is unpacked as it was: files, modes, empty folders, and links where any may be', async () => {
    const file = join(scratch, 'packed');
    await packFolder(await sample('one'), file, signal);
    const out = join(scratch, 'out');
    await mkdir(out);
    await unpackArchive(createReadStream(file), out, { anyLinks: true });
    expect(await readFile(join(out, 'a.txt'), 'utf8')).to.have.length(100_000);
    expect((await stat(join(out, 'bin/run'))).mode & 0o777).to.equal(0o755);
    expect((await stat(join(out, 'bin/empty'))).isDirectory()).to.equal(true);
    expect(await readlink(join(out, 'start'))).to.equal('bin/run');
    expect(await readlink(join(out, 'outside'))).to.equal('/usr/bin/env');
    const refused = join(scratch, 'refused');
    await mkdir(refused);
    const code = await unpackArchive(createReadStream(file), refused).then(
      () => null,
      (error: unknown) => Reflect.get(Object(error), 'code') as unknown,
    );
    expect(code).to.equal('ARCHIVE_UNSAFE');
  });

  it('is the same file for the same content, whatever its times', async () => {
    const digests: string[] = [];
    for (const name of ['one', 'two']) {
      const folder = await sample(name);
      await utimes(join(folder, 'a.txt'), new Date(name.length), new Date(digests.length * 1000));
      await packFolder(folder, join(scratch, 'packed'), signal);
      digests.push(
        createHash('sha256')
          .update(await readFile(join(scratch, 'packed')))
          .digest('hex'),
      );
    }
    expect(digests[0]).to.equal(digests[1]);
  });
});
