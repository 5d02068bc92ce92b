import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { expect } from 'chai';
import { extract } from 'tar-stream';
import { archive, listFiles } from './archive.ts';

describe('the archive of a folder', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-archive-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function put(files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), text);
    }
  }

  it('leaves out dependencies, the repository and what ignore files name', async () => {
    await put({
      'a.js': '1',
      '.gitignore': 'secret\n/out',
      secret: 'x',
      'out/x': '1',
      'sub/out': 'kept',
      'node_modules/m/i.js': '1',
      '.git/HEAD': 'r',
    });
    expect(await listFiles(folder)).to.deep.equal(['.gitignore', 'a.js', 'sub/out']);
  });

  it('keeps rules of a sub-folder inside it', async () => {
    await put({ 'x.log': '1', 'sub/.gitignore': '*.log', 'sub/x.log': '1', 'sub/keep': '1' });
    expect(await listFiles(folder)).to.deep.equal(['sub/.gitignore', 'sub/keep', 'x.log']);
  });

  it('packs content that unpacks the same', async () => {
    await put({ 'a.txt': 'alpha', 'b/c.txt': 'gamma' });
    const found: Record<string, string> = {};
    const unpack = Readable.fromWeb(archive(folder, await listFiles(folder)))
      .pipe(createGunzip())
      .pipe(extract());
    for await (const entry of unpack) {
      let text = '';
      for await (const chunk of entry) text += String(chunk);
      found[entry.header.name] = text;
    }
    expect(found).to.deep.equal({ 'a.txt': 'alpha', 'b/c.txt': 'gamma' });
  });
});
