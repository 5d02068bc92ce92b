import { packPlugin, startTestPlatform } from '@containr/testing';
import type { TestPlatform } from '@containr/testing';
import { expect } from 'chai';
import { Refusals } from './refusals.ts';

describe('what a plugin was refused', () => {
  it('is kept up to twenty, the latest last, and only what can be granted', () => {
    const refusals = new Refusals();
    for (let at = 0; at < 25; at += 1) refusals.note('p', [{ kind: 'hosts', value: `h${at}.example` }]);
    refusals.note('p', [
      { kind: 'hosts', value: 'h10.example' },
      { kind: 'hosts', value: '*.example' },
      { kind: 'events', value: 'a b' },
    ]);
    const values = refusals.of('p').map(({ value }) => value);
    expect(values).to.have.length(20);
    expect([values[0], values.at(-1)]).to.deep.equal(['h5.example', 'h10.example']);
    refusals.forget('p');
    expect(refusals.of('p')).to.deep.equal([]);
  });

  describe('when it is set up', function () {
    this.timeout(60_000);
    let test: TestPlatform;
    after(() => test?.stop());

    it('is told at once, all of it, and granted by one change', async () => {
      test = await startTestPlatform({ plugins: ['auth'] });
      const token = (name: string) =>
        `{ type: 'event', name: '${name}', payload: true, permission: 'x:read', topics: () => [] }`;
      const setup = `ctx.events.on(${token('ship.left')}, async () => undefined);
        ctx.events.on(${token('ship.came')}, async () => undefined);`;
      const body = await packPlugin({ name: 'harbour', version: '1.0.0', setup });
      await test.console('/plugins', { method: 'POST', headers: { 'content-type': 'application/gzip' }, body });
      const refused = await test.console('/plugins/harbour/enable', { method: 'POST' });
      expect([refused.field('code'), refused.field('detail'), refused.field('hint')]).to.deep.equal([
        'GRANT_MISSING',
        'harbour may not hear the event "ship.left", nor hear the event "ship.came", because none of it was granted.',
        'An admin can grant all of it: containr plugins grants harbour allow',
      ]);
      const { grants } = (await test.console('/plugins/harbour/grants')).json as {
        grants: { kind: 'events'; value: string; granted: boolean; refusedAt: string | null }[];
      };
      expect(grants.map(({ value, granted, refusedAt }) => [value, granted, refusedAt !== null])).to.deep.equal([
        ['ship.left', false, true],
        ['ship.came', false, true],
      ]);
      const allow = grants.map(({ kind, value }) => ({ kind, value }));
      await test.console('/plugins/harbour/grants', { method: 'PATCH', body: { allow } });
      const on = await test.console('/plugins/harbour/enable', { method: 'POST' });
      expect(on.status, on.text).to.equal(200);
    });
  });
});
