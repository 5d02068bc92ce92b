import { fileURLToPath } from 'node:url';
import { ContainrError, definePlugin, defineSchema } from '@containr/sdk';
import type { PluginPackage } from '@containr/kernel';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';
import { expect } from 'chai';

const Body = defineSchema({
  type: 'object',
  properties: { status: { type: 'integer', default: 201 }, wait: { type: 'boolean', default: false } },
  additionalProperties: false,
});

describe('a POST with an Idempotency-Key', () => {
  let test: TestPlatform;
  let runs = 0;
  let release = (): void => undefined;
  let started: () => void = () => undefined;

  const counter: PluginPackage = {
    name: 'counter',
    version: '1.0.0',
    directory: fileURLToPath(new URL('.', import.meta.url)),
    manifest: {
      displayName: 'Counter',
      requires: {},
      permissions: { 'count:write': 'Count' },
      segments: ['counts'],
      roots: [],
      programs: {},
    },
    load: async () =>
      definePlugin({
        setup(ctx) {
          ctx.http.route({
            method: 'POST',
            path: '/counts/{id}',
            permission: 'count:write',
            summary: 'Counts',
            body: Body,
            response: true,
            status: 201,
            handler: async ({ body }) => {
              runs += 1;
              started();
              if (body.wait) await new Promise<void>((resolve) => (release = resolve));
              if ((body.status ?? 201) >= 400)
                throw new ContainrError({
                  code: 'SAID_SO',
                  status: body.status ?? 500,
                  detail: 'It was asked to fail.',
                });
              return { runs };
            },
          });
        },
      }),
  };

  before(async () => {
    test = await startTestPlatform({ plugins: [counter] });
  });
  after(() => test?.stop());
  beforeEach(() => {
    runs = 0;
  });
  const post = (key: string | null, body: object = {}, path = '/counts/a') =>
    test.console(path, { method: 'POST', body, ...(key === null ? {} : { headers: { 'idempotency-key': key } }) });

  it('runs once, and is answered the same again', async () => {
    const first = await post('k1');
    const again = await post('k1');
    expect([first.status, again.status, again.json, runs]).to.deep.equal([201, 201, { runs: 1 }, 1]);
    expect(first.headers['idempotency-replayed']).to.equal(undefined);
    expect(again.headers['idempotency-replayed']).to.equal('true');
    expect(again.headers['content-type']).to.equal(first.headers['content-type']);
    await post(null);
    await post('k1-other');
    expect(runs).to.equal(3);
  });
  it('is refused for another request', async () => {
    await post('k2');
    for (const other of [await post('k2', { status: 200 }), await post('k2', {}, '/counts/b')])
      expect([other.status, other.field('code')]).to.deep.equal([422, 'IDEMPOTENCY_MISMATCH']);
    expect(runs).to.equal(1);
  });
  it('is refused while the first is under way', async () => {
    const under = new Promise<void>((resolve) => (started = resolve));
    const first = post('k3', { wait: true });
    await under;
    const second = await post('k3', { wait: true });
    expect([second.status, second.field('code')]).to.deep.equal([409, 'CONFLICT_IDEMPOTENT']);
    release();
    expect((await first).status).to.equal(201);
    expect((await post('k3', { wait: true })).json).to.deep.equal({ runs: 1 });
  });
  it('keeps a refusal that holds, and runs again after one that may pass', async () => {
    const refused = await post('k4', { status: 404 });
    expect((await post('k4', { status: 404 })).text).to.equal(refused.text);
    expect(runs).to.equal(1);
    for (const status of [409, 429, 500, 503]) {
      await post(`k5-${status}`, { status });
      await post(`k5-${status}`, { status });
    }
    expect(runs).to.equal(9);
  });
  it('keeps nothing of what the schema refused, and takes sane keys only', async () => {
    expect((await post('k6', { status: 'x' })).status).to.equal(422);
    expect((await post('k6')).status).to.equal(201);
    expect((await post('k'.repeat(256))).field('code')).to.equal('IDEMPOTENCY_KEY');
  });
  it('is on record each time', async () => {
    const { rows } = await test.database.pool.query(
      `select count(*)::int as count from containr.audit where action = 'POST /counts/{id}' and status = 201`,
    );
    await post('k7');
    await post('k7');
    const { rows: later } = await test.database.pool.query(
      `select count(*)::int as count from containr.audit where action = 'POST /counts/{id}' and status = 201`,
    );
    expect(later[0].count - rows[0].count).to.equal(2);
  });
});
