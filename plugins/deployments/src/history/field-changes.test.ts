import { expect } from 'chai';
import fc from 'fast-check';
import { fieldChanges } from './field-changes.ts';

/** Puts what changed into a copy. */
function applied(document: unknown, changes: ReturnType<typeof fieldChanges>): unknown {
  const copy: unknown = structuredClone(document);
  for (const { path, after } of changes) {
    const names = path
      .slice(1)
      .split('/')
      .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = names.pop() ?? '';
    const at = names.reduce<unknown>((value, name) => Reflect.get(value as object, name), copy);
    if (after === null) Reflect.deleteProperty(at as object, last);
    else Reflect.set(at as object, last, after);
  }
  return copy;
}

describe('what differs between two documents', () => {
  const leaf = fc.oneof(fc.string({ minLength: 1 }), fc.integer(), fc.boolean(), fc.array(fc.integer()));
  const document = fc.dictionary(
    fc.constantFrom('a', 'b', 'c/d', 'e~f'),
    fc.oneof(leaf, fc.dictionary(fc.constantFrom('x', 'y'), leaf, { noNullPrototype: true })),
    { noNullPrototype: true },
  );

  it('makes one of the other, and is nothing exactly when they are equal', () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        const changes = fieldChanges(before, after);
        expect(applied(before, changes)).to.deep.equal(after);
        expect(fieldChanges(before, before)).to.deep.equal([]);
        expect(new Set(changes.map(({ path }) => path)).size).to.equal(changes.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('names fields by pointer, and takes lists as a whole', () => {
    expect(fieldChanges({ a: { b: 1, c: [1] } }, { a: { b: 2, c: [1, 2] } })).to.deep.equal([
      { path: '/a/b', before: 1, after: 2 },
      { path: '/a/c', before: [1], after: [1, 2] },
    ]);
  });
});
