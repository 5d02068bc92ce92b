import { expect } from 'chai';
import fc from 'fast-check';
import type { Followed, Graph, Linkable } from './graph.ts';
import { createFollower, longestChain, sharedNode, targetOf } from './graph.ts';
import { escapeReferences, parseReferences, referencesIn, written } from './parse.ts';
import { referenceOrder } from './edges.ts';
import { createSubstitution, longestValue } from './substitute.ts';

const tricky = fc.stringMatching(/^[$\u007b}a-z.{_ ]{0,24}$/);
const anyText = fc.oneof(fc.string(), tricky);
const slug = fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/);
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}$/);
const reference = fc.record({ service: fc.option(slug, { nil: null }), name });

describe('references in a value', () => {
  it('any text, escaped, is itself again', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const parsed = parseReferences(escapeReferences(text));
        expect(parsed).to.deep.equal({ ok: true, parts: text === '' ? [] : [{ text }] });
      }),
      { numRuns: 2000 },
    );
  });

  it('are found between any texts, also right after a dollar sign', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyText, reference), { maxLength: 6 }), (pieces) => {
        // A dollar sign right before a reference is written twice, like one right before two braces.
        const value = pieces.reduce<string>(
          (before, piece) =>
            typeof piece === 'string'
              ? before + piece
              : `${before.replace(/\$+$/, (dollars) => dollars + dollars)}\${{ ${written(piece)} }}`,
          '',
        );
        const clean = pieces.every((piece) => typeof piece !== 'string' || !piece.includes('{'));
        fc.pre(clean);
        const expected = pieces.filter((piece) => typeof piece !== 'string');
        expect(referencesIn(value).map(written)).to.deep.equal([...new Set(expected.map(written))]);
        const parsed = parseReferences(value);
        expect(parsed.ok && parsed.parts.map((part) => ('text' in part ? part.text : '')).join('')).to.equal(
          pieces.filter((piece) => typeof piece === 'string').join(''),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('never throws, and says what is wrong', () => {
    fc.assert(
      fc.property(anyText, (text) => typeof parseReferences(text).ok === 'boolean'),
      { numRuns: 2000 },
    );
    for (const wrong of ['${{', '${{}}', '${{a b}}', '${{a.b.C}}', '${{A.B}', '${{-a.B}}', '${{a.1}}'])
      expect(parseReferences(wrong), wrong).to.include({ ok: false });
    for (const plain of ['', '{{a.B}}', '$ {{a.B}}', '${a.B}', '$${{a.B}}', '}}', 'a$$b'])
      expect(referencesIn(plain), plain).to.deep.equal([]);
  });
});

type World = Readonly<Record<string, Readonly<Record<string, Linkable & { readonly value: string }>>>>;

/** A world whose nodes are called like their slugs. */
function graphOf(world: World): Graph<Linkable & { readonly value: string }> {
  return {
    find: (node, of) =>
      Object.hasOwn(world, node) && Object.hasOwn(world[node] ?? {}, of) ? world[node]?.[of] : undefined,
    node: (of) => (Object.hasOwn(world, of) && of !== sharedNode ? of : undefined),
    slug: (node) => node,
    builtIn: (_, of) => of === 'BUILT_IN',
  };
}

function variable(of: string, value: string, more: Partial<Linkable> = {}) {
  return { name: of, kind: 'plain' as const, value, refs: referencesIn(value), ...more };
}

/** What a variable comes to, or the code of its fault. */
function valueOf(world: World, node: string, of: string): string {
  const graph = graphOf(world);
  const followed = createFollower(graph)(node, of);
  if (!followed.ok) return followed.fault.code;
  const made = createSubstitution(graph, { value: (one) => one.value, builtIn: () => 'given' })(node, of);
  return made.ok ? made.value : made.fault.code;
}

describe('following references', () => {
  const world: World = {
    shared: { REGION: variable('REGION', 'north') },
    db: {
      HOST: variable('HOST', 'db.internal'),
      PASSWORD: variable('PASSWORD', 'hush', { kind: 'secret' }),
      KEY: variable('KEY', 'sesame', { kind: 'sealed' }),
      URL: variable('URL', 'postgres://u:${{PASSWORD}}@${{HOST}}/${{shared.REGION}}'),
    },
    web: {
      DATABASE_URL: variable('DATABASE_URL', '${{db.URL}}?x=$${{y}}'),
      MISSING: variable('MISSING', '${{db.NOTHING}}'),
      NOBODY: variable('NOBODY', '${{cache.URL}}'),
      SELF: variable('SELF', 'a${{SELF}}'),
      SELF_BY_NAME: variable('SELF_BY_NAME', '${{web.SELF_BY_NAME}}'),
      KEY: variable('KEY', '${{db.KEY}}'),
      GRANTED: variable('GRANTED', '${{db.KEY}}', { grant: true }),
      BY_WAY: variable('BY_WAY', '${{GRANTED}}'),
      ADDRESS: variable('ADDRESS', '${{db.BUILT_IN}}'),
    },
  };
  const secrecy = (of: string) => {
    const followed = createFollower(graphOf(world))('web', of);
    return followed.ok ? followed.secrecy : followed.fault.code;
  };

  it('puts values in, through as many services as it takes', () => {
    expect(valueOf(world, 'web', 'DATABASE_URL')).to.equal('postgres://u:hush@db.internal/north?x=${{y}}');
    expect(valueOf(world, 'web', 'ADDRESS')).to.equal('given');
  });

  it('a value is as secret as the most secret one in it', () => {
    expect(secrecy('DATABASE_URL')).to.equal('secret');
    expect(secrecy('ADDRESS')).to.equal('plain');
    expect(secrecy('GRANTED')).to.equal('sealed');
  });

  it('lets a sealed value flow only into what somebody wrote who may set sealed ones, at every step', () => {
    expect([secrecy('KEY'), secrecy('BY_WAY')]).to.deep.equal(['REFERENCE_REFUSED', 'REFERENCE_REFUSED']);
  });

  it('says what is missing and what goes in a circle', () => {
    expect(['MISSING', 'NOBODY'].map((of) => valueOf(world, 'web', of))).to.deep.equal([
      'VARIABLE_MISSING',
      'VARIABLE_MISSING',
    ]);
    expect(['SELF', 'SELF_BY_NAME'].map((of) => valueOf(world, 'web', of))).to.deep.equal([
      'REFERENCE_CYCLE',
      'REFERENCE_CYCLE',
    ]);
    const followed = createFollower(graphOf(world))('web', 'MISSING') as Extract<Followed, { ok: false }>;
    expect(followed.fault.detail).to.equal('web.MISSING refers to db.NOTHING, and there is no such variable.');
    expect(followed.fault.hint).to.equal('Set db.NOTHING, or change the reference.');
  });

  it('ends on a value that doubles at every step, and on a chain without end', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [
        `V${at}`,
        variable(`V${at}`, at === 0 ? 'xx' : `\${{V${at - 1}}}`.repeat(2)),
      ]),
    );
    expect(valueOf({ web: doubling }, 'web', 'V29')).to.equal('REFERENCE_INVALID');
    expect(valueOf({ web: doubling }, 'web', 'V10'))
      .to.have.lengthOf(2 ** 11)
      .and.satisfy((text: string) => text.length < longestValue);
    const chain = Object.fromEntries(
      Array.from({ length: 5000 }, (_, at) => [`V${at}`, variable(`V${at}`, at === 0 ? 'x' : `\${{V${at - 1}}}`)]),
    );
    const follow = createFollower(graphOf({ web: chain }));
    expect(follow('web', 'V4999')).to.include({ ok: false });
    for (let at = 0; at < 100; at += 1) expect(follow('web', `V${at}`).ok, `V${at}`).to.equal(at < longestChain);
  });

  it('in any world agrees with itself in any order, and faults exactly where a reference leads nowhere or in a circle', () => {
    const nodes = ['a', 'b', sharedNode];
    const names = ['X', 'Y', 'Z'];
    const anyVariable = fc.record({
      kind: fc.constantFrom<Linkable['kind']>('plain', 'secret'),
      refs: fc.uniqueArray(
        fc.record({
          service: fc.constantFrom(null, 'a', 'b', 'nobody', sharedNode),
          name: fc.constantFrom(...names, 'W'),
        }),
        { maxLength: 2, selector: written },
      ),
    });
    const anyWorld = fc.dictionary(fc.constantFrom(...nodes), fc.dictionary(fc.constantFrom(...names), anyVariable));
    fc.assert(
      fc.property(
        anyWorld,
        fc.shuffledSubarray(nodes.flatMap((node) => names.map((of) => [node, of] as const))),
        (drawn, asked) => {
          const drawnWorld: World = Object.fromEntries(
            Object.entries(drawn).map(([node, variables]) => [
              node,
              Object.fromEntries(
                Object.entries(variables).map(([of, { kind, refs }]) => [
                  of,
                  { name: of, kind, refs, value: refs.map((one) => `\${{${written(one)}}}`).join('-') },
                ]),
              ),
            ]),
          );
          const graph = graphOf(drawnWorld);
          const together = createFollower(graph);
          for (const [node, of] of asked) {
            const found = together(node, of);
            expect(found.ok).to.equal(works(graph, node, of, []));
            expect(createFollower(graph)(node, of).ok).to.equal(found.ok);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** Whether everything that a variable refers to is there, without a circle; the long way. */
function works(graph: Graph, node: string, of: string, above: readonly string[]): boolean {
  const key = `${node}.${of}`;
  const found = graph.find(node, of);
  if (!found || above.includes(key)) return false;
  return (found.refs ?? []).every((one) => {
    const target = targetOf(graph, node, one);
    return target !== undefined && works(graph, target, one.name, [...above, key]);
  });
}

describe('the order of services', () => {
  it('puts each after those that it reads from, also by way of others', () => {
    const edges = [
      { from: 'web', to: 'api' },
      { from: 'api', to: 'db' },
      { from: 'worker', to: 'db' },
      { from: 'web', to: null },
    ];
    expect(referenceOrder(['web', 'worker', 'db', 'api'], edges)).to.deep.equal([
      { service: 'db', after: [] },
      { service: 'worker', after: ['db'] },
      { service: 'api', after: ['db'] },
      { service: 'web', after: ['db', 'api'] },
    ]);
    expect(referenceOrder(['web', 'db'], edges)[1]).to.deep.equal({ service: 'web', after: ['db'] });
    const circle = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
    ];
    expect(referenceOrder(['a', 'b'], circle).map((one) => one.after)).to.deep.equal([[], []]);
  });
});
