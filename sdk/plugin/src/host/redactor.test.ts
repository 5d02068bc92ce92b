import { expect } from 'chai';
import { createRedactor } from './redactor.ts';

function show(secrets: string[], pieces: string[]): string {
  const redactor = createRedactor(secrets);
  return pieces.map((piece) => redactor.push(piece)).join('') + redactor.end();
}

describe('redactor', () => {
  it('finds a secret at every way to split it in two', () => {
    const text = 'key=s3cr.t+value; again s3cr.t+value!';
    for (let at = 0; at <= text.length; at += 1) {
      expect(show(['s3cr.t+value'], [text.slice(0, at), text.slice(at)])).to.equal('key=[redacted]; again [redacted]!');
    }
  });
  it('finds a secret that comes letter by letter', () => {
    expect(show(['hunter2'], [...'a hunter2 b'])).to.equal('a [redacted] b');
  });
  it('prefers the longer of two secrets', () => {
    expect(show(['abc', 'abcdef'], ['xabc', 'def abc'])).to.equal('x[redacted] [redacted]');
  });
  it('takes a secret as text, not as a pattern', () => {
    expect(show(['a.c'], ['abc a.c'])).to.equal('abc [redacted]');
  });
  it('holds back no more than what may begin a secret', () => {
    expect(createRedactor(['hunter2']).push('line\nhun')).to.equal('line\n');
  });
  it('ignores empty secrets', () => {
    expect(show([''], ['text'])).to.equal('text');
  });
});
