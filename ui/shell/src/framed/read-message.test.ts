import { validate } from '@containr/sdk/host';
import { expect } from 'chai';
import fc from 'fast-check';
import { matches } from './check-message.ts';
import { fromFrame, longestMessage } from './messages.ts';
import { readMessage } from './read-message.ts';

/** Whether the validator of the control plane accepts it. */
function isValid(schema: object, value: unknown): boolean {
  try {
    validate(schema as Parameters<typeof validate>[0], structuredClone(value), 'It');
    return true;
  } catch {
    return false;
  }
}

const samples: readonly (readonly [keyof typeof fromFrame, object])[] = [
  [
    'described',
    { contributions: [{ outlet: 'page', id: 'a', permission: null, path: '/a', hasView: true, order: 1 }] },
  ],
  ['shown', {}],
  ['failed', { detail: 'x' }],
  ['result', { id: 1, value: { any: ['thing'] } }],
  ['refused', { id: 1, detail: 'x' }],
  ['request', { id: 1, method: 'GET', path: '/api/v1/x', headers: { accept: 'x' }, body: null }],
  ['pull', { id: 1 }],
  ['drop', { id: 1 }],
  ['listen', { id: 1, topics: ['a'] }],
  ['deafen', { id: 1 }],
  ['navigate', { to: '/a', replace: false }],
  ['page', { title: 'x', crumbs: [{ label: 'x', to: '/a' }] }],
  ['toast', { text: 'x', kind: 'done', action: { label: 'x', number: 1 } }],
  ['size', { height: 10 }],
  ['changed', {}],
  ['key', { key: 'palette' }],
  ['alive', { beat: 1 }],
];

describe('a message of a frame', () => {
  it('is read when it is one, of each type', () => {
    expect(samples.map(([type]) => type).sort()).to.deep.equal(Object.keys(fromFrame).sort());
    for (const [type, rest] of samples)
      expect(readMessage(JSON.stringify({ type, ...rest })), type).to.deep.equal({ type, ...rest });
  });

  it('is nothing else', () => {
    const refused: readonly unknown[] = [
      { type: 'changed' },
      new Uint8Array(4),
      '',
      '{',
      'null',
      '[]',
      '{}',
      '{"type":"constructor"}',
      '{"type":"__proto__"}',
      '{"type":["changed"]}',
      '{"type":"changed","__proto__":{"x":1}}',
      '{"type":"changed","more":1}',
      '{"type":"size","height":1e9}',
      '{"type":"size","height":-1}',
      '{"type":"size","height":1.5}',
      '{"type":"size","height":null}',
      '{"type":"request","id":1,"method":"TRACE","path":"/","headers":{},"body":null}',
      '{"type":"request","id":1,"method":"GET","path":"/","headers":{"a":1},"body":null}',
      JSON.stringify({ type: 'result', id: 1, value: 'x'.repeat(longestMessage) }),
      JSON.stringify({ type: 'described', contributions: Array.from({ length: 61 }, () => samples[0]?.[1]) }),
    ];
    for (const sent of refused) expect(readMessage(sent), String(sent).slice(0, 80)).to.equal(null);
  });

  it('is judged as the control plane would, whatever it is', () => {
    const keys = fc.constantFrom(
      'id',
      'to',
      'height',
      'topics',
      'label',
      'text',
      'headers',
      'body',
      'more',
      '__proto__',
    );
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(null, true, 0, 1, -1, 1.5, 1e9, '', 'GET', 'done', 'palette', '😀'.repeat(60), 'x'.repeat(101)),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
      ),
    })).value;
    fc.assert(
      fc.property(fc.constantFrom(...samples), keys, values, ([type, rest], key, value) => {
        const changed = { ...rest, [key]: value };
        expect(matches(fromFrame[type], changed)).to.equal(isValid(fromFrame[type], changed));
      }),
      { numRuns: 600 },
    );
  });

  it('has no bound that is not looked at', () => {
    expect(() => matches({ multipleOf: 2 }, 3)).to.throw('multipleOf');
  });
});
