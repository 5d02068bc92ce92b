import { expect } from 'chai';
import { findEngine } from '../../plugins/haproxy/src/carrier/engine.ts';
import { drivers } from '../../plugins/ingress/src/drivers.ts';
import { runChanges } from './run-changes.ts';

/** 50 in a usual run, 200 in the whole one; for each ingress. */
const wanted = Number(process.env['CONTAINR_CHANGES'] ?? 50);

describe('changes before visitors', function () {
  this.timeout(60_000 + wanted * 10_000);

  for (const driver of drivers)
    it(`fail none of their requests, close none of their sockets, and are done when they are said to be: ${driver}`, async function () {
      if (driver === 'haproxy' && typeof (await findEngine()) === 'string') this.skip();
      const told = await runChanges({ driver, changes: wanted, rate: 200, sockets: 12 });
      expect(told).to.match(/^\w+: \d+ changes \(.*\) before [1-9]\d* requests and [1-9]\d* WebSockets, 0 failed/);
      console.log(`      ${told}`);
    });
});
