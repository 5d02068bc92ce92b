import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '@containr/sdk/host';
import { scratchFolder } from '@containr/testing';
import { expect } from 'chai';
import { planFileBuilder } from '../../../plugins/deployments/test/plan-file-builder.ts';
import { requestWith } from '../fuzz/ask-with.ts';
import { Asker } from '../asking/asker.ts';
import type { Operation } from '../asking/operations.ts';
import { operationsOf } from '../asking/operations.ts';
import { allPlugins, startWorld } from '../asking/world.ts';
import type { World } from '../asking/world.ts';
import { Canaries } from './forms.ts';
import { keeper, plantAll } from './plant.ts';
import { databaseOf, filesIn, processes } from './outputs.ts';

describe('canaries in every field that takes a secret', function () {
  this.timeout(180_000);
  const canaries = new Canaries();
  const logged: string[] = [];
  const told: string[] = [];
  let world: World;
  let asker: Asker;
  let operations: readonly Operation[];
  let folder: string;
  let agentLog: string;
  let service: string;

  before(async () => {
    folder = await scratchFolder('canaries');
    agentLog = join(folder, 'agent.log');
    world = await startWorld({
      plugins: [...allPlugins, keeper, planFileBuilder],
      settings: { deployments: { runtime: 'process' } },
      agent: true,
      agentWith: { logFile: agentLog },
      log: createLogger({ level: 'debug', destination: { write: (line) => void logged.push(line) } }),
    });
    asker = new Asker(world.test.origin);
    operations = await operationsOf(world.test);
    service = await plantAll({ world, asker, operations, canaries, told });
  });
  after(async () => {
    asker?.close();
    await world?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('are more than forty', () => {
    expect(canaries.count).to.be.greaterThan(40);
  });

  it('#76 are in no answer to what was sent with them', () => {
    // Who may read variables is told the one that was set.
    const readable = /^variable [A-Z]+_SECRET/;
    expect(canaries.in(told.join('\n')).filter((where) => !readable.test(where))).to.deep.equal([]);
  });

  it('#32 #76 are in nothing that can be read by who may read everything but variables', async () => {
    const reads = [...new Set(operations.map(({ permission }) => String(permission)))];
    const token = await world.token(
      world.ours,
      ...reads.filter((one) => /:read$/.test(one) && one !== 'variable:read'),
    );
    const hits: string[] = [];
    for (const operation of operations.filter(({ method }) => method === 'GET')) {
      const asked = requestWith(world.ours, operation, null, '');
      const stream = operation.kind === 'events' || operation.kind === 'raw';
      for (const path of [asked.path, asked.path.replaceAll(String(world.ours.ids['service']), service)]) {
        const headers = { authorization: `Bearer ${token}`, 'last-event-id': '0' };
        const got = await asker.ask({ ...asked, path, headers }, stream);
        const found = canaries.in(got.text);
        if (found.length > 0) hits.push(`${path}: ${found.join(', ')}`);
      }
    }
    for (const { id: environment } of (await world.ours.ask('/environments')).field('items') as { id: string }[]) {
      for (const path of [
        `/variables?environment=${environment}`,
        `/variables/history?environment=${environment}`,
        `/changes?environment=${environment}`,
      ]) {
        const got = await world.test.request(`/api/v1${path}`, { token });
        hits.push(...canaries.in(got.text).map((where) => `${path}: ${where}`));
      }
    }
    expect(hits).to.deep.equal([]);
  });

  it('#32 #76 are shown to an owner only as variables, and those only that may be read', async () => {
    const hits: string[] = [];
    for (const operation of operations.filter(({ method, kind }) => method === 'GET' && kind === 'json')) {
      const asked = requestWith(world.ours, operation, null, '');
      const path = asked.path.replaceAll(String(world.ours.ids['service']), service);
      const found = canaries.in((await asker.ask({ ...asked, path })).text);
      const allowed = path.includes('/api/v1/variables')
        ? ['variable SERVICE_SECRET', 'variable SERVICE_SECRET before']
        : [];
      hits.push(...found.filter((where) => !allowed.includes(where)).map((where) => `${path}: ${where}`));
    }
    for (const path of [
      '/users',
      '/jobs?limit=200',
      '/audit?limit=200',
      '/settings/keeper',
      '/settings/keeper/history',
      '/openapi.json',
    ]) {
      const got = await world.test.console(path);
      hits.push(...canaries.in(got.text).map((where) => `${path}: ${where}`));
    }
    expect(hits).to.deep.equal([]);
  });

  it('#76 #77 are in no log: control plane, agent, deployments, runs', async () => {
    expect(logged.length).to.be.greaterThan(50);
    expect(canaries.in(logged.join(''))).to.deep.equal([]);
    const agent = await readFile(agentLog, 'utf8');
    expect(agent.length).to.be.greaterThan(100);
    expect(canaries.in(agent)).to.deep.equal([]);
    const lines = await world.test.console(`/logs?service=${service}&limit=1000`, { organisation: world.ours.slug });
    expect(lines.field('items', 0), lines.text).to.be.an('object');
    expect(canaries.in(lines.text)).to.deep.equal([]);
  });

  it('#76 #86 are in the database as ciphertext or hash only', async () => {
    const tables = await databaseOf(world.test);
    expect(tables.length).to.be.greaterThan(30);
    const hits = tables.flatMap(({ what, text }) => canaries.in(text).map((where) => `${what}: ${where}`));
    expect(hits).to.deep.equal([]);
  });

  it('#76 are in no file of the data folder', async () => {
    const files = await filesIn(world.test.data);
    expect(files.length).to.be.greaterThan(10);
    const hits = files.flatMap(({ what, text, mode }) =>
      canaries.in(text).map((where) => `${what} (${mode.toString(8)}): ${where}`),
    );
    expect(hits).to.deep.equal([]);
  });

  it('#76 are in no arguments of a process, and in the variables of the replica alone', async () => {
    const found = await processes();
    const hits = found.flatMap(({ command }) => canaries.in(command).map((where) => `${command}: ${where}`));
    expect(hits).to.deep.equal([]);
    const holders = found.filter(({ variables }) => canaries.in(variables).length > 0);
    // The replica has what it is meant to have; it would be a vain search otherwise.
    expect(holders.length).to.be.greaterThan(0);
    const own = process.getuid?.() === 0 ? holders.filter(({ uid }) => uid < 62_000) : [];
    expect(own.map(({ command, uid }) => `${uid} ${command}`)).to.deep.equal([]);
    const strangers = holders
      .flatMap(({ variables }) => canaries.in(variables))
      .filter((where) => !where.startsWith('variable '));
    expect(strangers).to.deep.equal([]);
  });
});
