import { expect } from 'chai';
import fc from 'fast-check';
import type { SetLine } from './parse.ts';
import { parseDotenv } from './parse.ts';
import { layoutOf, printDotenv } from './print.ts';

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
const nasty = fc.stringMatching(/^[ \t\n\r'"`#\\$={}<a-c\u00a0\ufeff]{0,16}$/);
const value = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), nasty).filter((text) => !text.includes('\0'));
const variables = fc.uniqueArray(fc.record({ name, value }), { selector: (one) => one.name, maxLength: 12 });
const sets = (text: string) => parseDotenv(text).lines.flatMap((line): SetLine[] => ('name' in line ? [line] : []));
const values = (text: string) => sets(text).map(({ name: of, value: is }) => ({ name: of, value: is }));

describe('a .env text', () => {
  it('that was printed is read back, whatever the values are', () => {
    fc.assert(
      fc.property(variables, (list) => {
        const text = printDotenv(list);
        expect(parseDotenv(text).problems).to.deep.equal([]);
        expect(values(text)).to.deep.equal(list);
        const windows = `\uFEFF${text.replaceAll('\n', '\r\n')}`;
        expect(values(windows)).to.deep.equal(list);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps comments, empty lines, order and export through a change of values', () => {
    const comment = fc.stringMatching(/^# ?[a-zA-Z0-9"'=# ]{0,12}$/).map((text) => text.trimEnd());
    const item = fc.oneof(
      comment,
      fc.constant(''),
      fc.record({ name, value, exported: fc.boolean(), comment: fc.option(comment) }),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(item, { selector: (one) => (typeof one === 'string' ? Symbol() : one.name) }),
        (items) => {
          const layout = items.map((one) =>
            typeof one === 'string' ? one : { name: one.name, exported: one.exported, comment: one.comment },
          );
          const given = items.filter((one) => typeof one !== 'string');
          const text = printDotenv(given, layout);
          const parsed = parseDotenv(text);
          expect(parsed.problems).to.deep.equal([]);
          expect(layoutOf(parsed)).to.deep.equal(layout);
          expect(printDotenv(values(text), layoutOf(parsed))).to.equal(text);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('never throws, and its lines are in order', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-B='"`#\\ \n\r]{0,40}$/)), (text) => {
        const { lines, problems } = parseDotenv(text);
        const at = lines.map((line) => line.line);
        expect(at).to.deep.equal(at.toSorted((a, b) => a - b));
        const last = text.split('\n').length;
        for (const { line } of [...lines, ...problems]) expect(line).to.be.within(1, last);
      }),
      { numRuns: 2000 },
    );
  });

  it('is read as people write it', () => {
    const text = [
      '# shop',
      'A=1',
      'export B = two words  # a remark',
      "C='it $stays \\n as it is'",
      'D="a\\nb \\"c\\" \\\\ \\$d"   # behind',
      'E="line one',
      '# no comment',
      'line three"',
      'F=#fff',
      'G= # nothing',
      'H=a#b',
      'I=${{db.URL}}',
      'J=`a "b" \'c\'`',
      'K=',
    ].join('\r\n');
    expect(parseDotenv(text)).to.include({}).and.have.property('problems').that.is.empty;
    expect(sets(text).map((line) => [line.line, line.name, line.value, line.comment])).to.deep.equal([
      [2, 'A', '1', null],
      [3, 'B', 'two words', '# a remark'],
      [4, 'C', 'it $stays \\n as it is', null],
      [5, 'D', 'a\nb "c" \\ $d', '# behind'],
      [6, 'E', 'line one\n# no comment\nline three', null],
      [9, 'F', '#fff', null],
      [10, 'G', '', '# nothing'],
      [11, 'H', 'a#b', null],
      [12, 'I', '${{db.URL}}', null],
      [13, 'J', 'a "b" \'c\'', null],
      [14, 'K', '', null],
    ]);
  });

  it('says on which line something is wrong, and what is there twice', () => {
    const { problems, warnings } = parseDotenv(['A=1', 'no value', 'B="open', '1C=x', 'A=2', "D='x' y"].join('\n'));
    expect(problems.map((one) => [one.line, one.message])).to.deep.equal([
      [2, 'is no comment and no NAME=value'],
      [3, 'B begins with " and has no " at its end'],
      [4, 'is no comment and no NAME=value'],
      [6, "D has something behind its closing '"],
    ]);
    expect(warnings).to.deep.equal([{ line: 5, message: 'A is set on line 1 already; this one holds' }]);
  });

  it('of thousands of lines is read at once', () => {
    const list = Array.from({ length: 5000 }, (_, at) => ({ name: `NAME_${at}`, value: `value "${at}"\nand more` }));
    expect(values(printDotenv(list))).to.deep.equal(list);
  });
});
