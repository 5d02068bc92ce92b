import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Builder } from '@containr/sdk/contracts';
import { SourceFolder } from '@containr/sdk/host';
import { startTestPlatform } from '@containr/testing';
import { lentFolders } from '@containr/testing/conformance';
import { median, row } from './measure.ts';

/**
 * A source of 10,000 files: milliseconds of processor time until both builders have bid and nixpacks has
 * planned, listing included; median of 7. It waits for nothing, so on an idle machine that is how long it takes.
 */
const folder = await mkdtemp(join(tmpdir(), 'containr-plan-bench-'));
for (let d = 0; d < 100; d += 1) {
  await mkdir(join(folder, `src/d${d}`), { recursive: true });
  await Promise.all(Array.from({ length: 100 }, (_, f) => writeFile(join(folder, `src/d${d}/f${f}.ts`), '')));
}
await writeFile(join(folder, 'package.json'), '{"name":"shop","scripts":{"start":"node shop.js"}}');

const { plugin, sources } = lentFolders();
const test = await startTestPlatform({ plugins: ['nixpacks', 'dockerfile', plugin] });
const principal = test.platform.console;
const commands = { installCommand: null, buildCommand: null, startCommand: null, dockerfile: null, target: null };
const about = { settings: { builder: 'auto', ...commands }, variables: {}, runtime: 'docker' };
const times: number[] = [];
for (let round = 0; round < 7; round += 1) {
  const source = new SourceFolder(folder);
  const began = process.cpuUsage();
  const builders = test.platform.services.providers(Builder);
  const bids = await Promise.all(
    builders.map(({ client }) =>
      sources.during(source, principal, (name) => client.bid({ source: name, ...about }, { principal })),
    ),
  );
  const best = builders[bids.findIndex(({ score }) => score > 0)];
  await sources.during(source, principal, async (name) => best?.client.plan({ source: name, ...about }, { principal }));
  const { user, system } = process.cpuUsage(began);
  times.push((user + system) / 1000);
}
row('plan', median(times), 'ms', '<=300');
await test.stop();
await rm(folder, { recursive: true, force: true });
