import { expect } from 'chai';
import fc from 'fast-check';
import { readDockerfileText } from './read-dockerfile-text.ts';
import type { Instruction } from './read-dockerfile-text.ts';

function instructions(text: string): Instruction[] {
  return readDockerfileText(text).parts.flatMap((part) => (part.kind === 'instruction' ? [part.instruction] : []));
}

describe('the text of a Dockerfile', () => {
  it('joins continued lines, and knows where each character stands', () => {
    const text = 'FROM a\nRUN one \\\n  # aside\n\n  two\nUSER me\n';
    const [, run, user] = instructions(text);
    expect(run?.value.text).to.equal('one   two');
    expect(text.slice(run?.value.offset(run.value.text.indexOf('two')))).to.match(/^two\n/);
    expect(text.slice(run?.start, run?.end)).to.equal('RUN one \\\n  # aside\n\n  two\n');
    expect(user?.keyword).to.equal('USER');
  });

  it('follows the escape directive', () => {
    const [from, run] = instructions('# escape=`\nFROM a\nRUN dir `\n  c:\\\n');
    expect(from?.value.text).to.equal('a');
    expect(run?.value.text).to.equal('dir   c:\\');
  });

  it('reads flags with their places', () => {
    const text = 'COPY --from=build --chown="a b" /x /y';
    const [copy] = instructions(text);
    expect(copy?.flags.map(({ name, value }) => [name, value])).to.deep.equal([
      ['from', 'build'],
      ['chown', '"a b"'],
    ]);
    expect(text.slice(copy?.flags[0]?.start, copy?.flags[0]?.end)).to.equal('--from=build');
    expect(copy?.value.text).to.equal('/x /y');
  });

  it('keeps heredocs out of the instructions', () => {
    const found = instructions('RUN <<A sh && cat <<-"B"\nFROM x\nA\n\tUSER y\n\tB\nUSER z\n');
    expect(found.map(({ keyword }) => keyword)).to.deep.equal(['RUN', 'USER']);
    expect(found[0]?.heredocs.map(({ mark, body }) => [mark, body.text])).to.deep.equal([
      ['A', 'FROM x\n'],
      ['B', '\tUSER y\n'],
    ]);
  });

  it('reads what ONBUILD holds back', () => {
    const [onbuild] = instructions('ONBUILD COPY --from=a b c');
    expect(onbuild?.trigger?.keyword).to.equal('COPY');
    expect(onbuild?.trigger?.flags[0]?.value).to.equal('a');
  });

  it('gives any text back when its parts are put together', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'FROM a',
        'RUN x \\',
        'RUN <<E',
        'E',
        '# escape=`',
        '`',
        '\\',
        'ONBUILD RUN a',
        '\uFEFF',
        '--a=b',
        '',
      ),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.constantFrom('\n', '\r\n'), (lines, newline) => {
        const text = lines.join(newline);
        const { parts } = readDockerfileText(text);
        expect(parts.map(({ span }) => text.slice(span.start, span.end)).join('')).to.equal(text);
      }),
    );
  });
});
