import { expect } from 'chai';
import { join } from './joined.ts';
import { readShell } from './shell.ts';

function commands(text: string): string[] {
  return readShell(join([{ text, start: 0 }], 0)).commands.map(({ name, args }) =>
    [name, ...args.map(({ value }) => value)].join(' '),
  );
}

const cases: readonly (readonly [string, readonly string[]])[] = [
  ['a b && c; d || e | f & g', ['a b', 'c', 'd', 'e', 'f', 'g']],
  [`a 'b c' "d e" f\\ g`, ['a b c d e f g']],
  ['if a; then b; else c; fi', ['a', 'b', 'c']],
  ['(a; b) && { c; }', ['a', 'b', 'c']],
  ['a "$(b c)" d', ['a $(b c) d', 'b c']],
  ['a $(b $(c (d))) e', ['a $(b $(c (d))) e', 'b $(c (d))', 'c', 'd']],
  ['a $((1 + 2)) b', ['a $((1 + 2)) b']],
  ['a >out 2>&1 <in b', ['a b']],
  ['A=1 B="x y" c', ['c']],
  ['sudo -E env A=1 b c', ['sudo -E env A=1 b c', 'env A=1 b c', 'b c']],
  ['cat <<E >f\nsudo x\nE\nb', ['cat', 'b']],
  ['a # b; c', ['a']],
  ['/usr/bin/a b', ['a b']],
];

describe('the commands of a shell script', () => {
  for (const [text, expected] of cases)
    it(`are found in ${JSON.stringify(text)}`, () => expect(commands(text)).to.deep.equal(expected));

  it('know whether their output goes into a pipe', () => {
    const { commands: found } = readShell(join([{ text: 'a | b || c', start: 0 }], 0));
    expect(found.map(({ piped }) => piped)).to.deep.equal([true, false, false]);
  });
});
