import { ContainrError } from '@containr/sdk';
import type { Provider } from '@containr/sdk';
import type { BuildPlan, Builder } from '@containr/sdk/contracts';
import { LentSources, SourceFolder } from '@containr/sdk/host';
import { expect } from 'chai';
import { askBuilders } from './ask-builders.ts';

type Driver = Provider<NonNullable<(typeof Builder)['accepts']>>;

const plan: BuildPlan = {
  ...{ builder: 'somebody', provider: 'test', runtimes: [], packages: [], install: [], build: [], start: 'run' },
  ...{ staticRoot: null, port: null, variables: {}, caches: [], toolchains: [], dockerfile: null },
  ...{ dockerfilePath: null, target: null, baseImages: [], why: [] },
};
const settings = { builder: 'auto', installCommand: null, buildCommand: null, startCommand: null };
const spec = { ...settings, dockerfile: null, target: null };

function builder(id: string, score: number, client: Partial<Driver['client']> = {}): Driver {
  return { id, plugin: id, client: { bid: async () => ({ score, reason: id }), plan: async () => plan, ...client } };
}

let slept: number[] = [];

async function ask(drivers: readonly Driver[], wanted = 'auto', signal = new AbortController().signal) {
  const noted: string[] = [];
  const quiet = () => undefined;
  const made = await askBuilders({
    ctx: {
      services: { providers: () => drivers as never, get: () => ({}) as never, provide: () => ({}) as never },
      clock: { now: () => new Date(0), sleep: async (ms) => void slept.push(ms) },
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    },
    sources: new LentSources(),
    folder: new SourceFolder(import.meta.dirname),
    about: { settings: { ...spec, builder: wanted }, variables: {}, runtime: 'process' },
    call: {
      principal: { kind: 'plugin', id: 'd', name: 'd', organisation: 'o', permissions: [], via: 'internal' },
      signal,
    },
    failed: async (lines) => void noted.push(...lines),
  }).catch((error: unknown) => error);
  return { made, noted };
}

const broken = new ContainrError({ code: 'PLUGIN_FAULT', status: 500, detail: 'It ended.' });
const gone = new ContainrError({ code: 'PLUGIN_GONE', status: 503, detail: 'It ended.' });
const fails = async (): Promise<never> => Promise.reject(broken);

describe('asking builders', () => {
  it('lets the highest bid plan, whatever the plan says of itself', async () => {
    const { made } = await ask([builder('low', 10), builder('high', 90), builder('none', 0)]);
    expect(made).to.deep.equal({ ...plan, builder: 'high' });
  });

  it('goes on without a builder that fails to bid, and says so', async () => {
    const { made, noted } = await ask([builder('bad', 0, { bid: fails }), builder('good', 10)]);
    expect(made).to.have.property('builder', 'good');
    expect(noted).to.deep.equal(['Not asked: bad could not bid. It ended.']);
  });

  it('gives the reason of the one that fails when nobody else bids', async () => {
    const { made } = await ask([builder('bad', 0, { bid: fails }), builder('none', 0)]);
    expect(made).to.include({ code: 'PLAN_NOT_FOUND' });
    expect(made).to.have.property('message').that.includes('bad').and.includes('It ended.');
  });

  it('says which builder failed to plan, and keeps causes that are its own', async () => {
    const named = await ask([builder('bad', 50, { plan: fails })]);
    expect(named.made).to.include({ code: 'PLAN_NOT_FOUND' });
    expect(named.made).to.have.property('message').that.includes('bad');
    const engine = new ContainrError({ code: 'BUILDER_NEEDS_ENGINE', status: 422, detail: 'No engine.' });
    const own = await ask([builder('docker', 50, { plan: async () => Promise.reject(engine) })]);
    expect(own.made).to.equal(engine);
  });

  it('asks once more when the process of a builder ended in the middle, and no oftener', async () => {
    let ends = 1;
    const plans = async () => {
      if ((ends -= 1) >= 0) throw gone;
      return plan;
    };
    slept = [];
    expect((await ask([builder('frail', 50, { plan: plans })])).made).to.have.property('builder', 'frail');
    ends = 2;
    expect((await ask([builder('frail', 50, { plan: plans })])).made).to.include({ code: 'PLAN_NOT_FOUND' });
    expect([ends, slept]).to.deep.equal([0, [1_000, 1_000]]);
  });

  it('asks only the builder that is named', async () => {
    const { made } = await ask([builder('low', 10), builder('high', 90)], 'low');
    expect(made).to.have.property('builder', 'low');
    expect((await ask([builder('low', 10)], 'other')).made).to.include({ code: 'PLAN_NOT_FOUND' });
  });

  it('leaves a builder that does not answer when the deployment is cancelled', async () => {
    const leave = new AbortController();
    const never = builder('slow', 50, {
      bid: () => {
        queueMicrotask(() => leave.abort(new Error('cancelled')));
        return new Promise<never>(() => undefined);
      },
    });
    expect((await ask([never], 'auto', leave.signal)).made).to.have.property('message', 'cancelled');
  });
});
