import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SourceReader } from '@containr/sdk/contracts';
import { SourceFolder } from '@containr/sdk/host';
import { expect } from 'chai';
import fc from 'fast-check';
import { FolderTree } from './folder-tree.ts';
import { overSource } from './listed-tree.ts';
import type { SourceTree } from './source-tree.ts';

describe('a source that is read from elsewhere', () => {
  let work = '';
  before(async () => {
    work = await mkdtemp(join(tmpdir(), 'containr-listed-'));
  });
  after(() => rm(work, { recursive: true, force: true }));

  function reader(folder: string): SourceReader & { readonly asked: string[] } {
    const source = new SourceFolder(folder);
    const asked: string[] = [];
    const read = (path: string, maxBytes = 1 << 20) => source.read(path, maxBytes);
    return {
      asked,
      files: () => source.files(),
      read,
      async text(path, maxBytes) {
        asked.push(path);
        return (await read(path, maxBytes))?.bytes.toString('utf8') ?? null;
      },
    };
  }

  it('looks as the folder itself does, whatever its links say', async () => {
    const name = fc.constantFrom('a', 'b', 'package.json');
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    const up = fc.constantFrom('', '../', '../../', '/', './');
    const target = fc.tuple(up, path).map(([before, rest]) => `${before}${rest}`);
    const entry = fc.record({ path, link: fc.option(target, { nil: null }) });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 8 }),
        fc.array(target, { maxLength: 8 }),
        async (entries, probes) => {
          const root = join(work, `${(count += 1)}`);
          await mkdir(root);
          for (const { path: at, link } of entries) {
            // What does not fit what is there already is left out.
            await mkdir(dirname(join(root, at)), { recursive: true })
              .then(() =>
                link === null ? writeFile(join(root, at), at, { flag: 'wx' }) : symlink(link, join(root, at)),
              )
              .catch(() => undefined);
          }
          const seen = (tree: SourceTree) =>
            [...probes, ...entries.map((one) => one.path), '.', ''].map((one) => [
              one,
              tree.has(one),
              tree.text(one),
              // A folder that holds nothing is none of a snapshot.
              tree.list(one).length > 0 && tree.hasFolder(one),
            ]);
          expect(await overSource(reader(root), seen)).to.deep.equal(seen(new FolderTree(root)));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('asks for each file that the work reads once, and throws what the work throws in the end', async () => {
    const folder = join(work, 'rounds');
    await mkdir(folder);
    await writeFile(join(folder, 'one.json'), '{"next":"two.json"}');
    await writeFile(join(folder, 'two.json'), '{"next":"three"}');
    const source = reader(folder);
    const follow = (tree: SourceTree): string => {
      const next = tree.json('one.json')?.['next'];
      const last = typeof next === 'string' ? tree.json(next)?.['next'] : undefined;
      if (typeof last !== 'string') throw new Error('there is no next');
      return last;
    };
    expect(await overSource(source, follow)).to.equal('three');
    expect(source.asked).to.deep.equal(['one.json', 'two.json']);
    await writeFile(join(folder, 'two.json'), '{}');
    const thrown: unknown = await overSource(reader(folder), follow).catch((error: unknown) => error);
    expect(thrown).to.have.property('message', 'there is no next');
  });
});
