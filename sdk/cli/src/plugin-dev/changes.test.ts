import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { changesIn } from './changes.ts';

describe('watching the sources of a plugin', () => {
  let folder = '';
  let stop: AbortController;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-watch-'));
    await mkdir(join(folder, 'src/deep'), { recursive: true });
    await mkdir(join(folder, 'dist'));
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await rm(folder, { recursive: true, force: true });
  });

  it('tells what changed, also while nobody listened, and nothing of what is built', async () => {
    const changes = changesIn(folder, stop.signal);
    const first = changes.next();
    await writeFile(join(folder, 'dist/plugin.js'), '1');
    await writeFile(join(folder, 'src/deep/a.ts'), '1');
    expect([...((await first).value ?? [])]).to.deep.equal(['src/deep/a.ts']);
    await writeFile(join(folder, 'package.json'), '{}');
    await writeFile(join(folder, 'src/a.test.ts'), '1');
    expect([...((await changes.next()).value ?? [])]).to.deep.equal(['package.json']);
  });

  it('sees files that are replaced by a rename, and folders that come, go and come again', async () => {
    const changes = changesIn(folder, stop.signal);
    const seen = async (path: string): Promise<void> => {
      for (;;) if ((await changes.next()).value?.has(path)) return;
    };
    let next = seen('src/a.ts');
    await writeFile(join(folder, 'src/.a.ts.new'), '1');
    await rename(join(folder, 'src/.a.ts.new'), join(folder, 'src/a.ts'));
    await next;
    for (const round of ['1', '2']) {
      next = seen('ui');
      await mkdir(join(folder, 'ui'));
      // The folder is watched once its coming was seen.
      await next;
      next = seen('ui/index.ts');
      await writeFile(join(folder, 'ui/index.ts'), round);
      await next;
      next = seen('ui');
      await rm(join(folder, 'ui'), { recursive: true });
      await next;
    }
  });

  it('ends with the signal', async () => {
    const changes = changesIn(folder, stop.signal);
    const next = changes.next();
    stop.abort();
    expect(await next).to.deep.equal({ value: undefined, done: true });
  });
});
