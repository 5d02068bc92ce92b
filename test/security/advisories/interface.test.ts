import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { operationsOf } from '../asking/operations.ts';
import { stringFieldsOf } from '../asking/string-fields.ts';
import { ServiceSpec } from '@containr/plugin-projects/contract';
import { allPlugins } from '../asking/world.ts';
import { startTestPlatform } from '@containr/testing';

const root = fileURLToPath(new URL('../../../', import.meta.url));

describe('what the interface lets nobody say', function () {
  this.timeout(60_000);

  it('#28 #46 no field is an option of an engine, a folder of a node, or a right beyond a container', async () => {
    const test = await startTestPlatform({ plugins: [...allPlugins] });
    try {
      const operations = await operationsOf(test);
      const names = operations.flatMap((one) => stringFieldsOf(one).map(({ path }) => String(path.at(-1))));
      const ofSpec = [...JSON.stringify(ServiceSpec).matchAll(/"([A-Za-z]+)":\{/g)].map((match) => match[1] ?? '');
      const reach =
        /^(?:binds?|mounts?|hostPath|privileged|cap(?:Add|abilities)|devices?|network(?:Mode)?|pidMode|ipcMode|securityOpt|dockerOptions|extraArgs|options|flags|user(?:ns)?)$/i;
      expect([...names, ...ofSpec].filter((name) => reach.test(name))).to.deep.equal([]);
      expect(ofSpec.length).to.be.greaterThan(30);
    } finally {
      await test.stop();
    }
  });

  it('#74 nothing that somebody wrote is put into a page as HTML', async () => {
    const found: string[] = [];
    let read = 0;
    for (const folder of ['ui', 'plugins', 'sdk', 'samples']) {
      for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (!entry.isFile() || !/\.(?:vue|ts)$/.test(path) || /node_modules|\/dist\//.test(path)) continue;
        read += 1;
        const text = await readFile(path, 'utf8');
        if (/v-html|\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write/.test(text)) found.push(path);
      }
    }
    expect(found).to.deep.equal([]);
    expect(read).to.be.greaterThan(500);
  });
});
