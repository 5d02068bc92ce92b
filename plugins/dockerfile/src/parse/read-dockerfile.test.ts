import { isContainrError } from '@containr/sdk';
import { expect } from 'chai';
import fc from 'fast-check';
import { readDockerfile } from './read-dockerfile.ts';

describe('reading a Dockerfile', () => {
  it('finds images from outside, stages, port and start', () => {
    const text = 'ARG VERSION=24\nFROM node:${VERSION}-slim AS build\nRUN npm ci\nFROM build AS test\nFROM debian:12\nCOPY --from=build /a /a\nEXPOSE 53/udp 4000\nCMD ["/a"]\n';
    expect(readDockerfile(text, null)).to.deep.equal({ baseImages: ['node:24-slim', 'debian:12'], stages: ['build', 'test', '2'], port: 4000, starts: true });
  });

  it('follows a stage to the one it is built on', () => {
    expect(readDockerfile('FROM a AS base\nEXPOSE 80\nCMD ["x"]\nFROM base AS web\nRUN true\n', 'web')).to.include({ port: 80, starts: true });
  });

  for (const [what, text, target, said] of [
    ['no FROM', '# nothing\n', null, 'there is no FROM'],
    ['an unknown instruction', 'FROM a\nRNU true\n', null, 'line 2: RNU is no instruction'],
    ['a missing argument', 'FROM a\nRUN\n', null, 'line 2: RUN needs an argument'],
    ['an instruction before FROM', 'RUN true\nFROM a\n', null, 'line 1: RUN stands before'],
    ['an unknown target', 'FROM a AS one\n', 'two', 'there is no stage "two"; there are: one'],
  ] as const) {
    it(`names the line of ${what}`, () => {
      expect(() => readDockerfile(text, target)).to.throw(said);
    });
  }

  it('reads anything or says what is wrong with it', () => {
    const lines = fc.array(fc.oneof(fc.string(), fc.constantFrom('FROM a', 'FROM ${X:-b} AS c', 'RUN x', 'EXPOSE 1', 'CMD x', 'ARG X', '\\')), { maxLength: 8 });
    fc.assert(
      fc.property(lines, fc.option(fc.string()), (texts, target) => {
        try {
          readDockerfile(texts.join('\n'), target);
        } catch (error) {
          expect(isContainrError(error), String(error)).to.equal(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
