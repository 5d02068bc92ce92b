import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { scratchFolder, until } from '@containr/testing';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { pack } from 'tar-stream';
import { planFileBuilder } from '../../../plugins/deployments/test/plan-file-builder.ts';
import type { World } from '../asking/world.ts';
import { allPlugins, serverOf, startWorld } from '../asking/world.ts';
import { payloads } from './payloads.ts';
import type { Started } from './process-spy.ts';
import { spyOnProcesses, wrongWith } from './process-spy.ts';

const full = process.env['CONTAINR_TEST_FULL'] !== undefined;
const seed = Number(process.env['CONTAINR_FUZZ_SEED'] ?? Date.now() % 1_000_000);
const rounds = full ? 30 : 2;
const spy = fileURLToPath(new URL('process-spy.ts', import.meta.url));

describe(`hostile texts in what a node builds and runs (seed ${seed})`, function () {
  this.timeout(full ? 1_200_000 : 180_000);
  let world: World;
  let folder: string;
  let canary: string;
  let spied: string;
  let stopSpying: () => void;
  const started: Started[] = [];

  before(async () => {
    stopSpying = spyOnProcesses((one) => started.push(one));
    folder = await scratchFolder('nodes');
    canary = join(folder, 'canary');
    spied = join(folder, 'spied.jsonl');
    world = await startWorld({
      plugins: [...allPlugins, planFileBuilder],
      settings: { deployments: { runtime: 'process' } },
      agent: true,
      agentWith: { imports: [spy], variables: { CONTAINR_TEST_SPY: spied } },
    });
  });
  after(async () => {
    await world?.stop();
    stopSpying?.();
    await rm(folder, { recursive: true, force: true });
  });

  /** Texts that can be kept at all, each of at most a few thousand characters. */
  const samples = (count: number, at: number): string[] =>
    fc
      .sample(payloads(canary), { seed: seed + at, numRuns: count })
      .map((text) => text.replaceAll('\0', '').toWellFormed().slice(0, 4000));

  async function archive(at: number): Promise<Buffer> {
    const tar = pack();
    tar.entry({ name: 'plan.json' }, JSON.stringify({ build: ['echo built > built.txt'] }));
    tar.entry({ name: 'server.mjs' }, serverOf('ok'));
    const names = new Set<string>();
    for (const text of samples(60, at)) {
      const name = text
        .replaceAll(/[/\\]|^[a-zA-Z]:/g, '_')
        .slice(0, 60)
        .toWellFormed();
      if (['', '.', '..', '.git'].includes(name) || names.has(name) || Buffer.byteLength(name) > 200) continue;
      names.add(name);
      tar.entry({ name }, 'x');
    }
    tar.finalize();
    return gzipSync(await buffer(tar));
  }

  const end = async (what: string, path: string, wanted: RegExp): Promise<void> => {
    await until(
      `${what} is ${String(wanted)}`,
      async () => {
        const now = await world.ours.ask(path);
        const status = String(now.field('status'));
        if (/failed|cancelled|superseded|lost/.test(status) && !wanted.test(status)) throw new Error(now.text);
        return wanted.test(status);
      },
      90_000,
    );
  };

  it('#2 #4 #8 #16 #17 #28 names, files, variables, arguments, health checks: served, with argv alone', async () => {
    const { ids } = world.ours;
    for (let round = 0; round < rounds; round += 1) {
      const [name = '', ...args] = samples(25, round * 10).filter((text) => text.trim() !== '');
      const program = ['node', 'server.mjs', ...args];
      const harmless = ['node', '-e', '0', '--', ...args];
      const header =
        args.map((text) =>
          text
            .replaceAll(/[^\x20-\x7e]/g, '')
            .slice(0, 500)
            .trim(),
        )[0] ?? '';
      const made = await world.ours.ask('/services', {
        method: 'POST',
        body: {
          environment: ids['environment'],
          name: name.slice(0, 100),
          slug: `fuzz-${round}`,
          spec: {
            source: { kind: 'upload' },
            start: { command: program },
            preDeploy: harmless,
            postDeploy: harmless,
            health: { kind: 'http', path: `/${encodeURI(args[1] ?? '').slice(0, 500)}`, headers: { 'x-fuzz': header } },
            watchMs: 100,
          },
        },
      });
      expect(made.status, made.text).to.equal(201);
      const service = String(made.field('id'));
      for (const [n, value] of samples(15, round * 10 + 1).entries()) {
        // What would be a reference to something that is not there is refused, as it should be.
        const variable = { service, name: `TEXT_${n}`, value: value.replaceAll('${{', '{{') };
        const set = await world.ours.ask('/variables', { method: 'POST', body: variable });
        expect(set.status, set.text.slice(0, 500)).to.equal(201);
      }
      const upload = await world.ours.ask('/uploads', {
        method: 'POST',
        body: await archive(round * 10 + 2),
        headers: { 'content-type': 'application/gzip' },
      });
      expect(upload.status, upload.text).to.equal(201);
      const source = {
        kind: 'upload',
        upload: upload.field('id'),
        message: (args[2] ?? '').slice(0, 2000),
        author: (args[3] ?? '').slice(0, 400),
        ref: (args[4] ?? '').slice(0, 400),
      };
      const deployment = await world.ours.ask('/deployments', { method: 'POST', body: { service, source } });
      expect(deployment.status, deployment.text).to.equal(201);
      await end('the deployment', `/deployments/${String(deployment.field('id'))}`, /^(watching|live)$/);
      const run = await world.ours.ask('/runs', { method: 'POST', body: { service, command: harmless } });
      expect(run.status, run.text).to.equal(201);
      await end('the run', `/runs/${String(run.field('id'))}`, /^succeeded$/);
    }
    const lines = (await readFile(spied, 'utf8')).trim().split('\n');
    const ofAgent = lines.map((line) => JSON.parse(line) as Started);
    expect(ofAgent.length, 'the agent started programs').to.be.greaterThan(rounds * 2);
    // Whatever a person wrote reaches a cell by standard input: no argument that others could read has any of it.
    const said = samples(25, 0).filter((text) => text.length > 12);
    const outside = (text: string): boolean => text.includes(canary) || said.some((one) => text.includes(one));
    expect([...ofAgent, ...started].flatMap((one) => wrongWith(one, outside) ?? [])).to.deep.equal([]);
    expect(ofAgent.filter(({ argv }) => argv.some(outside)).map(({ argv }) => argv)).to.deep.equal([]);
    expect(existsSync(canary), 'a text was obeyed').to.equal(false);
  });
});
