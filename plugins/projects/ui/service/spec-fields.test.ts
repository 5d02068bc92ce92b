import { expect } from 'chai';
import { defaultSpec } from '../../src/contract.ts';
import { changesOf, fieldsOf } from './spec-fields.ts';

describe('spec form', () => {
  const before = fieldsOf(defaultSpec);

  it('sends nothing when nothing changed', () => {
    expect(changesOf(before, { ...before })).to.deep.equal({ count: 0, patch: {} });
  });

  it('sends only what changed, in the units of the spec', () => {
    const after = { ...before, command: ' node server.js ', memoryMiB: 256, port: 3000, replicas: 2 };
    expect(changesOf(before, after)).to.deep.equal({
      count: 4,
      patch: { start: { command: 'node server.js', port: 3000 }, replicas: 2, resources: { memoryBytes: 268435456 } },
    });
  });

  it('sends null where a person empties what is found out otherwise', () => {
    const own = fieldsOf({ ...defaultSpec, start: { command: 'run', port: 80 } });
    expect(changesOf(own, { ...own, command: '', port: null }).patch).to.deep.equal({
      start: { command: null, port: null },
    });
  });

  it('takes headers away by null, and keeps the colons of their values', () => {
    const own = fieldsOf({ ...defaultSpec, health: { ...defaultSpec.health, headers: { 'x-a': '1', 'x-b': '2' } } });
    expect(own.healthHeaders).to.equal('x-a: 1\nx-b: 2');
    expect(changesOf(own, { ...own, healthHeaders: 'X-B: 2\nhost: a:80' }).patch).to.deep.equal({
      health: { headers: { 'x-a': null, 'x-b': '2', host: 'a:80' } },
    });
  });
});
