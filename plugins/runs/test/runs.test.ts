import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createClient } from '@containr/client';
import { validate } from '@containr/sdk/host';
import { until } from '@containr/testing';
import { app } from '../../deployments/test/app.ts';
import { field, Install } from '../../deployments/test/install.ts';
import { consoleFetch } from '../../../sdk/cli/src/console-fetch.ts';
import { RunDocument } from '../src/contract.ts';

const program = fileURLToPath(new URL('../../../sdk/cli/bin/containr.mjs', import.meta.url));

/** Runs the command line over the console of an install. */
function containrAt(data: string, words: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const node = ['--conditions=containr-src', '--disable-warning=ExperimentalWarning', program];
  const env = { PATH: process.env['PATH'], CONTAINR_CONFIG: '/nonexistent' };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...node, '--data', data, '--organisation', 'default', ...words],
      { timeout: 30_000, env },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}

describe('runs', function () {
  this.timeout(90_000);
  let install: Install;

  before(async () => {
    install = await Install.start({}, ['runs']);
  });
  after(() => install?.stop());

  const document = (value: unknown): RunDocument => validate<RunDocument>(RunDocument, value, 'A run');
  async function start(body: Record<string, unknown>): Promise<RunDocument> {
    return document(await install.ask('/runs', { method: 'POST', body }, 201));
  }
  function reaches(id: string, status: RunDocument['status']): Promise<RunDocument> {
    return until(`the run is ${status}`, async () => {
      const now = document(await install.ask(`/runs/${id}`));
      if (now.endedAt !== null && now.status !== status) throw new Error(`It is ${now.status}: ${now.reason ?? ''}`);
      return now.status === status ? now : null;
    });
  }
  async function all(service: string): Promise<RunDocument[]> {
    const items = field(await install.ask(`/runs?service=${service}&limit=200`), 'items');
    return Array.isArray(items) ? items.map(document) : [];
  }
  async function written(run: RunDocument): Promise<string[]> {
    const items = field(await install.ask(`/logs?service=${run.service}&source=run:${run.id}`), 'items');
    return Array.isArray(items) ? items.map((line) => String(field(line, 'text'))) : [];
  }
  /** A service that runs a command by a schedule, live. */
  async function scheduled(command: string, cron: Record<string, unknown>): Promise<string> {
    const service = await install.service({ cron }, 'cron');
    await install.reaches(await install.deploy(service, { 'plan.json': JSON.stringify({ start: command }) }), 'live');
    return service;
  }

  describe('of one command', () => {
    let service: string;
    before(async () => {
      service = await install.service();
      await install.ask(
        '/variables',
        { method: 'POST', body: { service, name: 'WORD', value: 'hello', kind: 'secret' } },
        201,
      );
      await install.reaches(await install.deploy(service, app('good')), 'live');
    });

    it('happen in what serves, with its variables, and keep exit code and log', async () => {
      const begun = await start({ service, command: 'echo "$WORD from $(cat built.txt)"; echo no >&2; exit 3' });
      expect(begun).to.include({ trigger: 'person', status: 'waiting' });
      const run = await reaches(begun.id, 'failed');
      expect(run).to.include({ exitCode: 3, reason: 'It ended with exit code 3.', deploymentNumber: 1 });
      expect((await written(run)).sort()).to.deep.equal(['hello from good', 'no']);
      expect((await install.get(service)).text).to.equal('good\n');
      expect(await reaches((await start({ service, command: ['true'] })).id, 'succeeded')).to.include({ exitCode: 0 });
    });

    it('end at their time limit, and when somebody says so', async () => {
      const late = await start({ service, command: 'sleep 1000', timeoutMs: 1000 });
      expect((await reaches(late.id, 'timed-out')).reason).to.contain('within 1 s');
      const long = await start({ service, command: 'echo up; sleep 1000' });
      await until('it writes', async () => (await written(long)).length > 0);
      await install.ask(`/runs/${long.id}/cancel`, { method: 'POST' }, 202);
      expect((await reaches(long.id, 'cancelled')).reason).to.contain('cancelled by');
      const again = await install.test.console(`/runs/${long.id}/cancel`, { method: 'POST', organisation: 'default' });
      expect(field(again.json, 'code')).to.equal('CONFLICT_RUN_ENDED');
    });

    it('end with the connection that they belong to', async () => {
      const client = createClient({
        origin: 'http://localhost',
        organisation: 'default',
        fetch: consoleFetch(install.test.data),
      });
      const run = await start({ service, command: 'echo up; sleep 1000', attached: true });
      const leaving = new AbortController();
      for await (const event of client.stream('/runs/attach', { query: { run: run.id }, signal: leaving.signal }))
        if (event.event === 'lines') leaving.abort();
      expect((await reaches(run.id, 'cancelled')).reason).to.equal('The connection that it belonged to ended.');

      const short = await start({ service, command: 'echo done; exit 5', attached: true });
      const texts: string[] = [];
      let code: unknown = null;
      for await (const event of client.stream('/runs/attach', { query: { run: short.id } })) {
        if (event.event === 'lines') texts.push(JSON.stringify(event.data));
        if (event.event !== 'ended') continue;
        code = field(event.data, 'exitCode');
        break;
      }
      expect(code).to.equal(5);
      expect(texts.join()).to.contain('done');
    });

    it('pass their output and exit code to the command line', async () => {
      const path = field(
        await install.ask(`/projects/${String(field(await install.ask(`/services/${service}`), 'project'))}`),
        'slug',
      );
      const containr = (...words: string[]) =>
        containrAt(install.test.data, ['run', `${String(path)}/app`, '--', ...words]);
      expect(await containr('sh', '-c', 'echo out; echo err >&2; exit 4')).to.include({ code: 4, stdout: 'out\n' });
      expect(await containr('echo "$WORD"')).to.deep.equal({ code: 0, stdout: 'hello\n', stderr: '' });
    });

    it('are refused where nothing is live', async () => {
      const empty = await install.service();
      const refused = await install.test.console('/runs', {
        method: 'POST',
        organisation: 'default',
        body: { service: empty },
      });
      expect(field(refused.json, 'code')).to.equal('CONFLICT_NOTHING_LIVE');
    });
  });

  describe('by a schedule', () => {
    it('come by the cron line, without a replica in between', async () => {
      const service = await scheduled('echo tick; exit 0', { schedule: '* * * * * *', timeZone: 'Europe/Berlin' });
      const described = await install.ask(`/services/${service}`);
      expect(field(described, 'status')).to.deep.equal({ state: 'live', replicas: { desired: 0, ready: 0 } });
      const two = await until('two of them succeeded', async () => {
        const good = (await all(service)).filter((run) => run.status === 'succeeded');
        return good.length >= 2 ? good : null;
      });
      for (const run of two) expect(run).to.include({ trigger: 'schedule', exitCode: 0, createdBy: 'schedule' });
      expect(new Set(two.map((run) => run.scheduledFor)).size).to.equal(two.length);
      const [first] = two;
      expect(first && (await written(first))).to.deep.equal(['tick']);
      expect(field(await install.ask(`/schedules?service=${service}`), 'items', 0)).to.include({
        timeZone: 'Europe/Berlin',
      });
      const asked = await start({ service });
      expect((await reaches(asked.id, 'succeeded')).trigger).to.equal('person');
    });

    it('leave out what would overlap', async () => {
      const service = await scheduled('sleep 1000', { schedule: '* * * * * *', overlap: 'skip' });
      const skipped = await until('one is left out', async () =>
        (await all(service)).find((run) => run.status === 'skipped'),
      );
      expect(skipped.reason).to.equal('The run before still goes on.');
      expect((await all(service)).filter((run) => run.status === 'running')).to.have.length(1);
      await install.ask(`/services/${service}?confirm=app`, { method: 'DELETE' });
      await until('it has no schedule', async () => {
        const items = field(await install.ask(`/schedules?service=${service}`), 'items');
        return Array.isArray(items) && items.length === 0;
      });
    });

    it('let one wait, and no more than one', async () => {
      const service = await scheduled('sleep 1000', { schedule: '* * * * * *', overlap: 'queue' });
      const skipped = await until('one is left out', async () =>
        (await all(service)).find((run) => run.status === 'skipped'),
      );
      expect(skipped.reason).to.contain('another one waits already');
      const runs = await all(service);
      expect(runs.filter((run) => run.status === 'waiting')).to.have.length(1);
      const [running] = runs.filter((run) => run.status === 'running');
      const [waiting] = runs.filter((run) => run.status === 'waiting');
      await install.ask(`/runs/${running?.id ?? ''}/cancel`, { method: 'POST' }, 202);
      await reaches(waiting?.id ?? '', 'running');
    });

    it('take the place of the one before', async () => {
      const service = await scheduled('sleep 1000', { schedule: '*/2 * * * * *', overlap: 'replace' });
      const replaced = await until('one is ended', async () =>
        (await all(service)).find((run) => run.status === 'cancelled'),
      );
      expect(replaced.reason).to.equal('The next run of the schedule took its place.');
    });

    it('need a cron line and a time zone', async () => {
      const service = await install.service({}, 'cron');
      for (const [cron, path] of [
        [{ schedule: 'often' }, '/spec/cron/schedule'],
        [{ schedule: '61 * * * *' }, '/spec/cron/schedule'],
        [{ timeZone: 'Mars/Olympus' }, '/spec/cron/timeZone'],
      ] as const) {
        const refused = await install.test.console(`/services/${service}`, {
          method: 'PATCH',
          organisation: 'default',
          body: { spec: { cron } },
        });
        expect(field(refused.json, 'errors', 0, 'path')).to.equal(path);
      }
    });
  });
});
