import { expect } from 'chai';
import { testDatabase } from './database.ts';

describe('test database', () => {
  it("gives each test a database of its own, with the kernel's tables", async () => {
    const first = await testDatabase();
    const second = await testDatabase();
    await first.pool.query('create table only_here (id int)');
    const { rows } = await second.pool.query(
      `select to_regclass('only_here') as here, to_regclass('containr.outbox')::text as outbox`,
    );
    expect(rows[0]).to.deep.equal({ here: null, outbox: 'containr.outbox' });
    await first.stop();
    await second.stop();
  });
  it('is ready in tens of milliseconds', async () => {
    await (await testDatabase()).stop();
    const began = performance.now();
    const database = await testDatabase();
    expect(performance.now() - began).to.be.lessThan(500);
    await database.stop();
  });
});
