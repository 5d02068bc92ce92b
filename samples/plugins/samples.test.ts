import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from '../../docs/snippets/run-page.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

describe('the sample plugins', function () {
  this.timeout(240_000);
  let work = '';
  before(async () => {
    work = await mkdtemp(join(tmpdir(), 'containr-samples-'));
    // As somewhere else, with the packages as they will come from a registry.
    await symlink(join(folder, '../../node_modules'), join(work, 'node_modules'));
  });
  after(() => rm(work, { recursive: true, force: true }));

  for (const name of ['deploy-bell', 'make-builder', 'coffee'])
    it(`${name} builds and passes its own tests`, async () => {
      await cp(join(folder, name), join(work, name), { recursive: true });
      await check(join(work, name));
    });
});
