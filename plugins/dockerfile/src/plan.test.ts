import { expect } from 'chai';
import fc from 'fast-check';
import { isContainrError } from '@containr/sdk';
import type { BuildPlan } from '@containr/sdk/contracts';
import { planDockerfile } from './plan.ts';

const settings = {
  builder: 'auto',
  installCommand: null,
  buildCommand: null,
  startCommand: null,
  dockerfile: null,
  target: null,
};

function plan(
  lines: readonly string[],
  more: { target?: string; startCommand?: string; runtime?: string; variables?: Record<string, string> } = {},
): BuildPlan {
  const { target = null, startCommand = null, runtime = 'docker', variables = {} } = more;
  return planDockerfile({
    path: 'Dockerfile',
    text: lines.join('\n'),
    settings: { ...settings, target, startCommand },
    variables,
    runtime,
  });
}

function failure(work: () => unknown): { code: string; detail: string; hint: string } {
  try {
    work();
  } catch (error) {
    if (isContainrError(error)) return { code: error.code, detail: error.message, hint: error.hint ?? '' };
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('plan of a Dockerfile', () => {
  it('names outside images only, and the first port', () => {
    const made = plan([
      'FROM node:24 AS build',
      'RUN npm ci',
      'FROM nginx:1',
      'COPY --from=build /app /srv',
      'EXPOSE 8080/tcp 9090',
      'CMD ["nginx"]',
    ]);
    expect(made.baseImages).to.deep.equal(['nginx:1', 'node:24']);
    expect(made.port).to.equal(8080);
    expect(made.start).to.equal(null);
  });

  it('puts arguments in, with defaults, and lets variables win', () => {
    const lines = ['ARG BASE=debian', 'ARG TAG', 'FROM ${BASE}:${TAG:-bookworm}', 'CMD ["true"]'];
    expect(plan(lines).baseImages).to.deep.equal(['debian:bookworm']);
    expect(plan(lines, { variables: { TAG: 'trixie' } }).baseImages).to.deep.equal(['debian:trixie']);
  });

  it('leaves images of stages out that the target does not need', () => {
    expect(
      plan(['FROM golang:1 AS test', 'FROM busybox:1 AS app', 'CMD ["sh"]'], { target: 'APP' }).baseImages,
    ).to.deep.equal(['busybox:1']);
    expect(plan(['FROM golang:1 AS test', 'FROM busybox:1 AS app', 'CMD ["sh"]'], { target: 'test' }).target).to.equal(
      'test',
    );
  });

  it('sees images that files are copied or mounted from', () => {
    const made = plan([
      'FROM scratch',
      'COPY --from=ghcr.io/x/tool:1 /t /t',
      'RUN --mount=type=bind,from=alpine:3,target=/m true',
      'CMD ["/t"]',
    ]);
    expect(made.baseImages).to.deep.equal(['ghcr.io/x/tool:1', 'alpine:3']);
  });

  it('takes the port of a stage that the target is built on, with ENV put in', () => {
    expect(
      plan(['FROM node:24 AS base', 'ENV APP_PORT=4000', 'EXPOSE $APP_PORT', 'FROM base', 'CMD node .']).port,
    ).to.equal(4000);
  });

  it('passes ports over that are not TCP', () => {
    expect(plan(['FROM a', 'EXPOSE 53/udp 4000-4010', 'CMD x']).port).to.equal(4000);
  });

  it('joins continued lines and skips comments and heredocs', () => {
    const made = plan([
      '# syntax=docker/dockerfile:1',
      'FROM debian:12',
      'RUN echo a \\',
      '  # why',
      '  && echo b',
      'RUN <<EOF',
      'NOT an instruction',
      'EOF',
      'EXPOSE 80',
      'CMD ["sh"]',
    ]);
    expect(made.port).to.equal(80);
  });

  it('says the line of an unknown instruction', () => {
    const { code, detail } = failure(() => plan(['FROM debian:12', '', 'RUNN echo']));
    expect(code).to.equal('DOCKERFILE_INVALID');
    expect(detail).to.match(/^Dockerfile:3: "RUNN"/);
  });

  for (const [what, lines, match] of [
    ['an empty file', [''], /no FROM/],
    ['an instruction before FROM', ['RUN true', 'FROM x'], /Dockerfile:1: RUN stands before/],
    ['a FROM of three words without AS', ['FROM a b c'], /Dockerfile:1: FROM takes/],
    ['an argument without a value as base', ['ARG B', 'FROM $B'], /Dockerfile:2: The image of FROM is empty/],
    ['an instruction without an argument', ['FROM a', 'COPY'], /Dockerfile:2: COPY has no argument/],
    ['nothing to start from scratch', ['FROM scratch', 'COPY a /a'], /nothing says what to start/],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(failure(() => plan(lines)).detail).to.match(match);
    });
  }

  it('names the stages there are when the target is none of them', () => {
    expect(failure(() => plan(['FROM a AS one', 'FROM b AS two'], { target: 'three' })).hint).to.contain('one, two');
  });

  it('needs an engine', () => {
    expect(failure(() => plan(['FROM a', 'CMD x'], { runtime: 'process' })).code).to.equal('BUILDER_NEEDS_ENGINE');
  });

  it('throws nothing but a cause, whatever the file holds', () => {
    const word = fc.constantFrom(
      'FROM',
      'from',
      'ARG',
      'COPY',
      'RUN',
      '--from=',
      'AS',
      '$A',
      '${A:-',
      '}',
      '<<EOF',
      'EOF',
      '\\',
      '#',
      '=',
      '"',
      '\n',
      '\n',
      ' ',
      'x',
      '1',
      '\u0000',
      '--mount=from=',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 5 })), { maxLength: 40 }), (words) => {
        try {
          plan([words.join(' ')], { variables: { A: 'a' } });
        } catch (error) {
          if (!isContainrError(error)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
