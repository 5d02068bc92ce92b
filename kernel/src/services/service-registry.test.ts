import { expect } from 'chai';
import { anonymous, defineContract } from '@containr/sdk';
import { ServiceRegistry } from './service-registry.ts';

const Text = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
} as const;
const Echo = defineContract('echo', 'Says it again', { say: { input: Text, output: Text } });
const call = { principal: anonymous };

function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

describe('services', () => {
  it('binds late: a client made before its provider works, and survives its replacement', async () => {
    const services = new ServiceRegistry();
    const echo = services.get(Echo);
    expect(await failure(echo.say({ text: 'a' }, call))).to.include({ code: 'DEPENDENCY_DOWN', status: 503 });
    const withdraw = services.provide('one', Echo, { say: async ({ text }) => ({ text: `${text}1` }) }, 'one');
    expect(await echo.say({ text: 'a' }, call)).to.deep.equal({ text: 'a1' });
    await withdraw();
    services.provide('two', Echo, { say: async ({ text }) => ({ text: `${text}2` }) }, 'two');
    expect(await echo.say({ text: 'a' }, call)).to.deep.equal({ text: 'a2' });
  });

  it('names the plugin that is off', async () => {
    const services = new ServiceRegistry();
    await services.provide('parrot', Echo, { say: async (input) => input }, 'parrot')();
    const error = await failure(services.get(Echo).say({ text: '' }, call));
    expect(error).to.be.instanceOf(Error).with.property('message').that.includes('the plugin parrot is off');
  });

  it('waits, when a provider leaves, for the calls that are inside', async () => {
    const services = new ServiceRegistry();
    const { promise, resolve } = Promise.withResolvers<void>();
    const withdraw = services.provide('one', Echo, { say: (input) => promise.then(() => input) }, 'one');
    const answer = services.get(Echo).say({ text: 'late' }, call);
    let left = false;
    const leaving = withdraw().then(() => (left = true));
    await new Promise((next) => setImmediate(next));
    expect(left).to.equal(false);
    resolve();
    expect(await answer).to.deep.equal({ text: 'late' });
    await leaving;
  });

  it('checks what goes in and what comes out', async () => {
    const services = new ServiceRegistry();
    services.provide('one', Echo, { say: async () => JSON.parse('{"text":1}') }, 'one');
    expect(await failure(services.get(Echo).say(JSON.parse('{}'), call))).to.include({ code: 'INVALID' });
    expect(await failure(services.get(Echo).say({ text: '' }, call))).to.include({
      code: 'CONTRACT_BROKEN',
      status: 500,
    });
  });

  it('tells several providers apart by id, and refuses the same id twice', () => {
    const services = new ServiceRegistry();
    const same = { say: async (input: { text: string }) => input };
    services.provide('b', Echo, same, 'b');
    services.provide('a', Echo, same, 'a.loud');
    expect(services.providers(Echo).map(({ id, plugin }) => [id, plugin])).to.deep.equal([
      ['a.loud', 'a'],
      ['b', 'b'],
    ]);
    expect(() => services.provide('a', Echo, same, 'a.loud'))
      .to.throw('which a already does')
      .with.property('code', 'SERVICE_TAKEN');
  });

  it('lets nobody provide under the name of another plugin, nor one that another could have', () => {
    const services = new ServiceRegistry();
    for (const id of ['docker', 'nix-packs', 'nix.', 'nix.a.b', 'nix.A', 'nixpacks.own', ''])
      expect(() => services.provide('nix', Echo, { say: async (input) => input }, id), id)
        .to.throw('provides under its own name')
        .with.property('code', 'SERVICE_ID');
  });
});
