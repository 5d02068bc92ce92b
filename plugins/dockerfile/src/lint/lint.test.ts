import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { applyFixes, lint, mend } from './lint.ts';
import { rules } from './rules/index.ts';
import { samples } from './samples.test.ts';

const idsOf = (text: string): string[] => lint(text).map(({ rule }) => rule);

describe('the rules for Dockerfiles', () => {
  for (const [rule, { bad, good, fixed }] of Object.entries(samples)) {
    it(`${rule} finds fault where there is one, and none elsewhere`, () => {
      for (const text of bad) expect(idsOf(text), text).to.include(rule);
      for (const text of good) expect(idsOf(text), text).not.to.include(rule);
    });
    if (fixed !== undefined)
      it(`${rule} has a fix that mends it`, () => {
        const [text = ''] = bad;
        const own = lint(text).filter((finding) => finding.rule === rule);
        const mended = applyFixes(text, own);
        expect(mended).to.equal(fixed);
        expect(idsOf(mended)).not.to.include(rule);
      });
  }

  it('have a sample each', () => {
    expect(rules.map(({ id }) => id).filter((id) => !(id in samples))).to.deep.equal([]);
  });

  it('say where: the word, not the line', () => {
    const [finding] = lint('FROM node:24\nRUN echo a && \\\n  sudo b\nUSER 1\n').filter(
      ({ rule }) => rule === 'DL3004',
    );
    expect(finding).to.include({ line: 3, column: 3, endLine: 3, endColumn: 7 });
  });

  it('mend what they can, also several faults of one command', () => {
    expect(mend('FROM alpine:3\nRUN apt-get install jq=1 | b $(c)\nRUN ["apk", "add", "jq=1"]\n')).to.equal(
      'FROM alpine:3\nSHELL ["/bin/ash", "-eo", "pipefail", "-c"]\nRUN apt-get install --no-install-recommends -y jq=1 | b $(c)\nRUN ["apk", "add", "jq=1"]\n',
    );
    expect(mend('FROM a:1\nRUN apt-get update && b "$(c)"\n')).to.equal(
      'FROM a:1\nRUN apt-get update && b "$(c)" && rm -rf /var/lib/apt/lists/*\n',
    );
  });

  it('mend the order of copies only where nothing between them minds', () => {
    expect(mend('FROM a:1\nCOPY . /shop\nWORKDIR /shop\nRUN npm ci')).to.equal(
      'FROM a:1\nCOPY package.json package-lock.json* /shop/\nWORKDIR /shop\nRUN npm ci\nCOPY . /shop\n',
    );
    for (const text of [
      'FROM a:1\nWORKDIR /a\nCOPY . .\nWORKDIR b\nRUN npm ci\n',
      'FROM a:1\nCOPY . /a\nRUN ./b\nRUN npm ci\n',
    ])
      expect(mend(text)).to.equal(text);
  });

  it('are left out by comments, for an instruction, a stage or the file', () => {
    const pair = 'FROM a:1\nUSER root\nFROM b:1\nUSER root\n';
    const count = (text: string): number => idsOf(text).filter((rule) => rule === 'DL3002').length;
    expect(count(pair)).to.equal(2);
    expect(count(pair.replace('USER', '# hadolint ignore=DL3001, DL3002\nUSER'))).to.equal(1);
    expect(count(`# hadolint stage ignore=DL3002\n${pair}`)).to.equal(1);
    expect(count(`# hadolint global ignore=DL3002\n${pair}`)).to.equal(0);
  });

  it('bear any text, and stay inside of it', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        ...Object.values(samples).flatMap(({ bad }) => bad),
        ...[
          'FROM a AS b\n',
          'RUN ',
          'COPY --from=b ',
          '"',
          "'",
          '$(',
          '`',
          '${',
          '\\\n',
          '<<E\n',
          'E\n',
          '[',
          'ENV a=',
          '\r\n',
        ],
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const lengths = text.split('\n').map((line) => line.length);
        for (const found of lint(text)) {
          expect(found.line).to.be.within(1, lengths.length);
          expect(found.column).to.be.within(1, (lengths[found.line - 1] ?? 0) + 1);
          expect([found.endLine, found.endColumn]).to.satisfy(
            ([line, column]: [number, number]) => line > found.line || (line === found.line && column >= found.column),
          );
          expect(found.endLine).to.be.at.most(lengths.length);
          for (const { start, end } of found.fix?.edits ?? [])
            expect(0 <= start && start <= end && end <= text.length).to.equal(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  for (const [what, text] of [
    ['substitutions', `RUN ${'$('.repeat(100_000)}`],
    ['quotes', `RUN ${'"`'.repeat(100_000)}`],
    ['arithmetic', `RUN ${'$(('.repeat(100_000)}`],
    ['heredocs', `RUN ${'<<E '.repeat(50_000)}\n`],
    ['wrappers', `RUN ${'sudo '.repeat(50_000)}`],
    ['flags', `RUN ${'--a="b '.repeat(50_000)}`],
    [
      'stages',
      Array.from({ length: 40_000 }, (_, at) => `FROM ${at ? `s${at - 1}` : 'x:1'} AS s${at}\nCOPY a b\n`).join(''),
    ],
    ['variables', Array.from({ length: 20_000 }, (_, at) => `ENV a${at}=$a${at - 1}x\n`).join('')],
    ['variables that grow', `ENV a=xxxxxxxx\n${'ENV a=$a$a\n'.repeat(100)}RUN echo $a`],
    ['references', `ENV a=${'x'.repeat(250)}\nRUN ${'$a'.repeat(400_000)}\nENV b=${'$a'.repeat(400_000)}\n`],
    ['commands', `RUN ${'export A=1; pip install b; '.repeat(30_000)}`],
    ['spaces', `RUN ${' '.repeat(200_000)}x${' '.repeat(200_000)}`],
  ] as const)
    it(`are done with a file full of ${what}`, () => {
      expect(lint(text)).to.be.an('array');
    }).timeout(10_000);
});

const folder = process.env.CONTAINR_REFERENCE_CASES;
describe('the reference cases for Dockerfiles', () => {
  if (folder === undefined)
    console.log('  The reference’s own Dockerfiles are not judged: CONTAINR_REFERENCE_CASES names no folder.');
  else
    it('agree in at least 95 of 100', async () => {
      const text = await readFile(join(folder, 'hadolint-cases-open.jsonl'), 'utf8');
      const cases = text
        .trim()
        .split('\n')
        .map((line): { rule: string; expect: boolean; config: unknown; dockerfile: string } => JSON.parse(line))
        .filter(({ config }) => !config);
      const right = cases.filter((one) => idsOf(one.dockerfile).includes(one.rule) === one.expect);
      expect(right.length / cases.length).to.be.at.least(0.95);
    });
});
