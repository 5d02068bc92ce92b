import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { get } from '../road/http.ts';
import { Install } from '../road/install.ts';

/** Images of a registry that no resolver knows; the toolchain is to be had all the same. */
const catalogue = {
  runtimes: {
    node: [
      {
        version: '24.21.0',
        image: 'registry.invalid/node:24',
        runImage: null,
        toolchain: { package: 'node-{platform}', version: '24.21.0', bin: 'bin' },
      },
    ],
  },
};

describe('the first minute with an engine and no image registry', function () {
  this.timeout(120_000);
  let install: Install | undefined;
  let folder: string | undefined;

  after(async () => {
    await install?.destroy();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  before(async function () {
    if (!existsSync('/var/run/docker.sock')) this.skip();
    folder = await mkdtemp(join(tmpdir(), 'containr-catalogue-'));
    const file = join(folder, 'catalogue.json');
    await writeFile(file, JSON.stringify(catalogue));
    install = await Install.prepare({ CONTAINR_RUNTIME_CATALOGUE: file });
  });

  it('says that there is no sample where only docker may run it', async () => {
    const ready = await install?.start({ CONTAINR_RUNTIME: 'docker' });
    expect(ready?.sample).to.equal(null);
    expect(install?.lines.join('\n')).to.contain('registry.invalid/node:24');
    expect(await install?.interrupt()).to.equal(0);
  });

  it('has a sample that answers, as a process, where the runtime is ours to choose', async () => {
    const ready = await install?.start({ CONTAINR_RUNTIME: 'auto' });
    expect(ready?.sample, await install?.log()).to.be.a('string');
    expect((await get(String(ready?.sample))).text).to.contain('This app runs on your Containr');
  });
});
