import { expect } from 'chai';
import { runChanges } from './run-changes.ts';

/** 50 in a usual run, 200 in the whole one. */
const wanted = Number(process.env['CONTAINR_CHANGES'] ?? 50);

describe('changes before visitors', function () {
  this.timeout(60_000 + wanted * 10_000);

  it('fail none of their requests, close none of their sockets, and are done when they are said to be', async () => {
    const told = await runChanges({ changes: wanted, rate: 200, sockets: 12 });
    expect(told).to.match(/^\d+ changes \(.*\) before [1-9]\d* requests and [1-9]\d* WebSockets, 0 failed/);
    console.log(`      ${told}`);
  });
});
