import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '@containr/testing';
import { createPlugin } from 'create-containr-plugin';
import { expect } from 'chai';
import { Dashboard } from './dashboard.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

for (const trust of ['trusted', 'isolated'] as const)
  describe(`a view that is being written, of a plugin that is ${trust}`, function () {
    this.timeout(120_000);
    let dashboard: Dashboard;
    let child: ChildProcess | undefined;
    let work = '';

    before(async () => {
      work = await mkdtemp(join(tmpdir(), 'containr-view-'));
      await symlink(join(root, 'node_modules'), join(work, 'node_modules'));
      dashboard = await Dashboard.start({ plugins: ['auth', 'projects'] });
    });
    after(async () => {
      child?.kill('SIGKILL');
      await dashboard?.stop();
      await rm(work, { recursive: true, force: true });
    });

    it('appears in an open dashboard, and changes with each save, without a reload', async () => {
      const { page } = await dashboard.tab();
      await dashboard.claim(page);
      await page.evaluate('window.sameDocument = true');
      const folder = await createPlugin(
        { name: 'parcels', summary: 'Follows parcels', view: true, agent: false },
        work,
      );
      const program = join(root, 'sdk/cli/bin/containr.mjs');
      const flags = ['--conditions=containr-src', '--disable-warning=ExperimentalWarning'];
      const words = ['--data', dashboard.test.data, 'plugin', 'dev', folder];
      if (trust === 'trusted') words.push('--trusted');
      child = spawn(process.execPath, [...flags, program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
      await until('it is watched', async () => said.includes('Watching '), 60_000);

      const view =
        trust === 'trusted' ? page.locator('main') : page.frameLocator('iframe[title="Parcels"]').locator('body');
      await page.locator('.side').getByRole('link', { name: 'Parcels' }).click();
      await view.getByText('No notes yet').waitFor();
      await view.getByLabel('Note').fill('Ring twice');
      await view.getByRole('button', { name: 'Add' }).click();
      await view.getByText('Ring twice').waitFor();

      const file = join(folder, 'ui/NotesPage.vue');
      await writeFile(file, (await readFile(file, 'utf8')).replace('title="Parcels"', 'title="Parcels under way"'));
      await view.getByRole('heading', { name: 'Parcels under way' }).waitFor();
      await view.getByText('Ring twice').waitFor();
      expect(await page.evaluate('window.sameDocument')).to.equal(true);
      expect((await dashboard.test.console('/plugins/parcels')).field('trust')).to.equal(trust);
      expect(dashboard.complaints).to.deep.equal([]);
    });
  });
