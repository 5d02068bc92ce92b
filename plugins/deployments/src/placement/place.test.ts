import { expect } from 'chai';
import fc from 'fast-check';
import type { NodeInfo } from '@containr/sdk';
import { chooseRuntime, whyNone } from './choose-runtime.ts';
import { place } from './place.ts';

function node(name: string, more: Partial<NodeInfo> = {}): NodeInfo {
  return {
    id: name,
    name,
    state: 'reachable',
    placement: 'open',
    placementSince: null,
    capabilities: ['replica-start.process', 'build.process'],
    labels: {},
    address: '127.0.0.1',
    cpus: 2,
    memoryBytes: 2 ** 32,
    lastSeenAt: null,
    ...more,
  };
}
const order = {
  replicas: 1,
  runtime: 'process',
  resources: { cpu: 1, memoryBytes: 2 ** 28 },
  has: { anywhere: true, nodes: [] },
};

describe('placement', () => {
  it('gives each node that does not fit a reason', () => {
    const nodes = [
      node('a', { state: 'unknown' }),
      node('b', { placement: 'draining' }),
      node('c', { capabilities: [] }),
      node('e', { placement: 'cordoned' }),
      node('d', { memoryBytes: 2 ** 20 }),
    ];
    const placement = place(nodes, order, {});
    expect(placement.fits).to.equal(false);
    if (!placement.fits)
      expect(placement.reasons.map((reason) => reason.split(':')[0])).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
  });

  it('keeps to the node that has the artifact unless it is much busier, and says where it is not to be had', () => {
    const has = { anywhere: false, nodes: ['b'] };
    const first = (present: Record<string, number>) => {
      const placement = place([node('a'), node('b')], { ...order, has }, present);
      return placement.fits && placement.decisions[0]?.node;
    };
    expect([first({ b: 3 }), first({ b: 5 })]).to.deep.equal(['b', 'a']);
    const nowhere = place([node('a')], { ...order, has: { anywhere: false, nodes: [] } }, {});
    expect(nowhere.fits || nowhere.reasons).to.deep.equal(['a: no reachable node has the artifact']);
  });

  it('prefers the node with the fewest replicas', () => {
    const placement = place([node('a'), node('b')], order, { a: 4, b: 1 });
    expect(placement.fits && placement.decisions[0]?.node).to.equal('b');
  });

  it('places every replica, evenly, and the same way each time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 6, maxLength: 6 }),
        (count, replicas, present) => {
          const nodes = Array.from({ length: count }, (_, index) => node(`n${index}`));
          const used = Object.fromEntries(nodes.map((one, index) => [one.id, present[index] ?? 0]));
          const placement = place(nodes, { ...order, replicas }, used);
          expect(placement).to.deep.equal(place([...nodes].reverse(), { ...order, replicas }, used));
          if (!placement.fits) throw new Error('it fits');
          const given = nodes.map((one) => placement.decisions.filter((decision) => decision.node === one.id).length);
          expect(placement.decisions).to.have.length(replicas);
          expect(Math.max(...given) - Math.min(...given)).to.be.at.most(1);
        },
      ),
    );
  });
});

describe('the choice of a runtime', () => {
  const docker = node('d', { capabilities: ['build.docker', 'build.process'] });
  const code = (choose: () => unknown): string => {
    try {
      return String(choose());
    } catch (error) {
      return String(Reflect.get(Object(error), 'code'));
    }
  };
  it('takes Docker where a reachable node has it, else processes', () => {
    expect(chooseRuntime([docker, node('p')], 'auto', false)).to.equal('docker');
    expect(chooseRuntime([{ ...docker, state: 'unknown' }, node('p')], 'auto', false)).to.equal('process');
    expect(chooseRuntime([docker], 'process', false)).to.equal('process');
  });
  it('says what is missing', () => {
    expect(code(() => chooseRuntime([node('p')], 'docker', false))).to.equal('ENGINE_UNAVAILABLE');
    expect(code(() => chooseRuntime([node('p')], 'auto', true))).to.equal('ENGINE_UNAVAILABLE');
    expect(code(() => chooseRuntime([], 'auto', false))).to.equal('NO_NODE_FITS');
    expect(whyNone([]).detail).to.equal('No node is connected.');
    expect(whyNone([{ ...docker, capabilities: ['logs.read'] }])).to.deep.equal({
      detail: 'The connected node offers no runtime at all.',
      hint: 'Switch on a plugin with a runtime: containr plugins enable process',
    });
  });
});
