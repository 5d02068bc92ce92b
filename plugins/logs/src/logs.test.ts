import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { expect } from 'chai';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform, until } from '@containr/testing';
import type { Principal } from '@containr/sdk';
import type { LogAppend } from './contract.ts';
import { Logs } from './contract.ts';

const organisation = randomUUID();
const service = randomUUID();
const deployment = randomUUID();

function principal(of: string): Principal {
  return { kind: 'plugin', id: 'test', name: 'test', organisation: of, permissions: ['*'], via: 'internal' };
}

function lines(source: string, ...texts: string[]): LogAppend {
  const at = '2026-01-01T00:00:00.000Z';
  return {
    organisation,
    service,
    deployment,
    phase: 'build',
    source,
    lines: texts.map((text, seq) => ({ seq, at, stream: 'stdout', text })),
  };
}

const all = {
  service,
  deployment: null,
  phase: null,
  after: null,
  search: null,
  since: null,
  until: null,
  limit: 5000,
  waitMs: 0,
};

describe('logs', function () {
  this.timeout(60_000);
  let test: TestPlatform;
  const caller = { principal: principal(organisation) };

  before(async () => {
    test = await startTestPlatform({ plugins: ['logs', 'auth'] });
  });
  after(() => test?.stop());
  const logs = () => test.platform.services.get(Logs);

  it('keep a line once, however often it is sent', async () => {
    await logs().append(lines('a', 'one', 'two'), caller);
    await logs().append(lines('a', 'one', 'two', 'three'), caller);
    const { lines: kept } = await logs().read({ ...all, source: 'a' }, caller);
    expect(kept.map((line) => line.text)).to.deep.equal(['one', 'two', 'three']);
  });

  it('store what Postgres can not, and cut what is too long', async () => {
    await logs().append(lines('b', 'zero\0byte', 'half \ud800', '<b>&', 'x'.repeat(20_000)), caller);
    const { lines: kept } = await logs().read({ ...all, source: 'b' }, caller);
    expect(kept.slice(0, 3).map((line) => line.text)).to.deep.equal(['zero\ufffdbyte', 'half \ufffd', '<b>&']);
    expect(kept[3]?.text).to.have.length(16_384 + ' … (cut)'.length);
  });

  it('are found by phase, text, cursor and from the end', async () => {
    const { lines: found } = await logs().read({ ...all, search: 'TWO' }, caller);
    expect(found.map((line) => line.text)).to.deep.equal(['two']);
    const { lines: rest } = await logs().read({ ...all, source: 'a', after: found[0]?.cursor ?? null }, caller);
    expect(rest.map((line) => line.text)).to.deep.equal(['three']);
    const { lines: tail } = await logs().read({ ...all, source: 'a', limit: 2, tail: true }, caller);
    expect(tail.map((line) => line.text)).to.deep.equal(['two', 'three']);
    expect((await logs().read({ ...all, phase: 'start' }, caller)).lines).to.deep.equal([]);
  });

  it('are not shown to, nor written by, another organisation', async () => {
    const other = { principal: principal(randomUUID()) };
    expect((await logs().read(all, other)).lines).to.deep.equal([]);
    const refused: unknown = await logs()
      .append(lines('c', 'x'), other)
      .catch((error: unknown) => error);
    expect(Reflect.get(Object(refused), 'code')).to.equal('FORBIDDEN');
  });

  it('wake who waits for them', async () => {
    const { lines: before } = await logs().read({ ...all, tail: true, limit: 1 }, caller);
    const started = Date.now();
    const waiting = logs().read({ ...all, after: before[0]?.cursor ?? null, waitMs: 20_000 }, caller);
    await logs().append(lines('d', 'at last'), caller);
    expect((await waiting).lines.map((line) => line.text)).to.deep.equal(['at last']);
    expect(Date.now() - started).to.be.lessThan(5000);
  });

  it('skip nothing for who follows while many write', async () => {
    const own = { ...lines('e'), service: randomUUID(), deployment: null };
    const seen: string[] = [];
    let after: string | null = null;
    const writers = Array.from({ length: 8 }, (_, writer) =>
      (async () => {
        for (let batch = 0; batch < 10; batch++) {
          const at = new Date().toISOString();
          await logs().append(
            {
              ...own,
              source: `w${writer}`,
              lines: [0, 1, 2].map((one) => ({
                seq: batch * 3 + one,
                at,
                stream: 'stdout' as const,
                text: `${writer}.${batch}.${one}`,
              })),
            },
            caller,
          );
        }
      })(),
    );
    while (seen.length < 240) {
      const { lines: next } = await logs().read(
        { ...all, service: own.service, after, limit: 50, waitMs: 5000 },
        caller,
      );
      if (next.length === 0) break;
      seen.push(...next.map((line) => line.text));
      after = next.at(-1)?.cursor ?? after;
    }
    await Promise.all(writers);
    expect(new Set(seen).size).to.equal(240);
    expect(seen).to.have.length(240);
  });

  it('are followed over HTTP from the last event on', async () => {
    const test2 = await test.console('/organisations', {});
    const id = String(test2.field('items', 0, 'id'));
    const mine = { principal: principal(id) };
    const own = { ...lines('f', 'first', 'second'), organisation: id };
    await logs().append(own, mine);
    const { lines: kept } = await logs().read({ ...all, source: 'f' }, mine);
    let body = '';
    const outgoing = request(
      {
        socketPath: test.platform.consoleSocket,
        path: `/api/v1/logs/stream?service=${service}`,
        headers: { 'containr-organisation': 'default', 'last-event-id': kept[0]?.cursor ?? '' },
      },
      (incoming) => {
        incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      },
    );
    outgoing.on('error', () => undefined).end();
    await until('the second line comes', () => Promise.resolve(body.includes('"second"')));
    await logs().append(
      { ...own, source: 'g', lines: own.lines.map((line) => ({ ...line, text: `${line.text} again` })) },
      mine,
    );
    await until('new lines come', () => Promise.resolve(body.includes('second again')));
    outgoing.destroy();
    expect(body).not.to.contain('"first"');
    expect(body).to.contain('event: lines');
  });

  it('older than the kept days are deleted, and of each service what is too much', async () => {
    const own = randomUUID();
    const write = (source: string, at: string, count: number) =>
      logs().append(
        {
          ...lines(source),
          service: own,
          lines: Array.from({ length: count }, (_, seq) => ({
            seq,
            at,
            stream: 'stdout' as const,
            text: `${source} ${seq}`.padEnd(16_000, '.'),
          })),
        },
        caller,
      );
    await write('old', '2020-01-01T00:00:00.000Z', 3);
    for (const source of ['x', 'y', 'z']) await write(source, new Date().toISOString(), 40);
    const settings = await test.console('/settings/logs', { method: 'PATCH', body: { megabytesPerService: 1 } });
    expect(settings.status, settings.text).to.equal(200);
    const client = await test.database.pool.connect();
    try {
      await client.query(`select graphile_worker.add_job('logs:line.retain', '{}'::json)`);
    } finally {
      client.release();
    }
    const kept = await until('the rest is deleted', async () => {
      const found = (await logs().read({ ...all, service: own }, caller)).lines;
      return found.length < 120 ? found : null;
    });
    expect(kept.some((line) => line.source === 'old')).to.equal(false);
    expect(kept.length).to.be.within(55, 70);
    expect(kept.at(-1)?.text.slice(0, 5)).to.equal('z 39.');
  });

  it('need to be told whose', async () => {
    const answer = await test.console('/logs', { organisation: 'default' });
    expect([answer.status, answer.field('code')]).to.deep.equal([422, 'INVALID']);
    expect((await test.request(`/api/v1/logs?service=${service}`)).status).to.equal(401);
  });
});
