import { expect } from 'chai';
import { app } from '../../../plugins/deployments/test/app.ts';
import { Install } from '../../../plugins/deployments/test/install.ts';
import type { Judged } from './judge.ts';
import { base, judge } from './judge.ts';
import { kinds } from './kinds.ts';

/** So many deployments go on beside each other, each in a service of its own. */
const lanes = 3;
const whole = process.env['CONTAINR_TEST_FULL'] === '1';
describe(`broken applications, ${whole ? 'all of them' : 'one of each kind'}`, function () {
  this.timeout(whole ? 3_600_000 : 240_000);
  const cases = kinds.flatMap(({ name, apps, needsMemoryLimit }) =>
    (whole ? apps : apps.slice(0, 1)).map((broken, at) => ({
      name,
      at,
      broken,
      needsMemoryLimit: needsMemoryLimit ?? false,
    })),
  );
  const results = new Map<string, Promise<Judged | 'unlimited'>>();
  const judged: { readonly name: string; readonly judged: Judged }[] = [];
  let install: Install;

  before(async () => {
    install = await Install.start({ drainMs: 500, releaseTimeoutMs: 3000 });
    const services = await Promise.all(
      Array.from({ length: lanes }, async () => {
        const service = await install.service(base);
        await install.reaches(await install.deploy(service, app('good')), 'watching', 'live');
        return service;
      }),
    );
    const [sample = ''] = services;
    const limited = (await install.replicasOf((await newest(sample)) ?? '')).some((replica) =>
      String(replica['isolation']).includes('memory'),
    );
    const free = services.map((service) => ({ service, until: Promise.resolve<unknown>(null) }));
    for (const [index, { name, at, broken, needsMemoryLimit }] of cases.entries()) {
      const lane = free[index % lanes];
      if (!lane) continue;
      const run =
        needsMemoryLimit && !limited
          ? Promise.resolve('unlimited' as const)
          : lane.until.then(() => judge(install, lane.service, broken));
      // Its own test tells of a failure; the lane goes on.
      lane.until = run.catch(() => undefined);
      results.set(`${name} ${at}`, run);
    }
  });
  after(() => install?.stop());

  async function newest(service: string): Promise<string | null> {
    const answer = await install.ask(`/deployments?service=${service}&limit=1`);
    const items: unknown = Reflect.get(Object(answer), 'items');
    return Array.isArray(items) ? String(Reflect.get(Object(items[0]), 'id')) : null;
  }

  for (const { name, at, broken } of cases) {
    it(`${name}${whole ? ` (${at + 1})` : ''}: fails, told as ${broken.cause}, and what was there serves on`, async function () {
      const result = await results.get(`${name} ${at}`);
      if (result === undefined || result === 'unlimited') return this.skip();
      judged.push({ name, judged: result });
    });
  }

  it('have the right cause in at least 95 of 100 cases', () => {
    const wrong = judged.filter((one) => !one.judged.right);
    const told = wrong.map(({ name, judged: { cause, detail } }) => `${name}: ${cause}: ${detail}`);
    expect(wrong.length, told.join('\n')).to.be.at.most(Math.floor(judged.length * 0.05));
  });
});
