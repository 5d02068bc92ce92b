import type { TestPlatform } from '@containr/testing';
import { readPlugin, simulatedClock, startTestPlatform } from '@containr/testing';
import { expect } from 'chai';

describe('coffee', () => {
  const clock = simulatedClock('2026-05-04T23:30:00.000Z');
  let test: TestPlatform;
  before(async () => {
    const plugins = ['auth', await readPlugin(new URL('..', import.meta.url))];
    test = await startTestPlatform({ plugins, clock, views: true });
  });
  after(() => test?.stop());
  const coffee = (method: 'GET' | 'POST' = 'GET') => test.console('/coffee', { method, organisation: 'default' });

  it('is counted by the day', async () => {
    expect((await coffee()).field('cups')).to.equal(0);
    await coffee('POST');
    const second = await coffee('POST');
    expect(second.json, second.text).to.deep.equal({ cups: 2, asOf: '2026-05-04T23:30:00.000Z' });
    expect((await test.console('/coffee/cups', { organisation: 'default' })).field('items')).to.have.length(2);
    await clock.advance(3_600_000);
    expect((await coffee()).json).to.deep.equal({ cups: 0, asOf: '2026-05-05T00:30:00.000Z' });
  });

  it('is nobody else’s business', async () => {
    expect((await test.request('/api/v1/coffee')).status).to.equal(401);
    expect((await test.console('/coffee')).field('code')).to.equal('FORBIDDEN');
  });

  it('has its card in the dashboard', async () => {
    const list = await test.console('/ui');
    const views = list.field('plugins');
    const own = Array.isArray(views) ? views.find(({ name }: { name: string }) => name === 'coffee') : undefined;
    expect((await test.request(String(own?.module))).text).to.include('Coffee today');
  });
});
