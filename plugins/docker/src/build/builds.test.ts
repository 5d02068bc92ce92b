import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { buildRequest, EngineFixture, eventually, failure, testImages } from '../../test/engine-fixture.ts';
import type { DockerRuntime } from '../docker-runtime.ts';

const execute = promisify(execFile);

describe('Builds of the docker runtime', function () {
  this.timeout(90_000);
  let fixture: EngineFixture;
  let runtime: DockerRuntime;
  let image = '';
  let debian = '';
  const io = { signal: new AbortController().signal, output: () => undefined };

  before(async function () {
    const images = await testImages();
    const probe = await EngineFixture.create();
    const ready = images !== null && (await probe.engineAnswers());
    await probe.remove().catch(() => undefined);
    if (!ready && process.env['CI'] !== 'true') return this.skip();
    if (!images) throw new Error('The test set-up made no base images');
    image = images.node;
    debian = images.debian;
  });

  beforeEach(async () => {
    fixture = await EngineFixture.create();
    runtime = await fixture.runtime();
    await fixture.source({ 'readme.txt': 'some source' });
  });

  afterEach(async () => {
    await fixture.remove();
  });

  it('fails a build with the step, its exit code and last lines', async () => {
    const error = await failure(runtime.build(buildRequest(`FROM ${image}\nRUN echo about to fail; exit 4\n`), io));
    expect(error.code).to.equal('BUILD_FAILED');
    expect(error.message)
      .to.contain('about to fail')
      .and.to.match(/exit code 4/);
  });

  it('names a base image that is not to be had', async () => {
    const error = await failure(runtime.build(buildRequest('FROM registry.invalid/missing-base:9\nRUN true\n'), io));
    expect(error.code).to.equal('BASE_IMAGE_UNAVAILABLE');
    expect(error.message).to.contain('registry.invalid/missing-base:9');
  });

  it('says what is wrong with a Dockerfile', async () => {
    expect((await failure(runtime.build(buildRequest(`FROM ${image}\nNONSENSE here\n`), io))).code).to.equal(
      'DOCKERFILE_INVALID',
    );
  });

  it('streams a build’s lines in order', async () => {
    const lines: string[] = [];
    await runtime.build(buildRequest(`FROM ${debian}\nRUN for i in 1 2 3; do echo line $i ${Date.now()}; done\n`), {
      signal: io.signal,
      output: (text) => lines.push(text),
    });
    expect(lines.filter((line) => line.startsWith('line ')).map((line) => line.slice(0, 6))).to.deep.equal([
      'line 1',
      'line 2',
      'line 3',
    ]);
  });

  it('ends a cancelled build within a second', async () => {
    const cancel = new AbortController();
    const lines: string[] = [];
    const mark = `91${Date.now() % 1_000_000}`;
    const building = failure(
      runtime.build(buildRequest(`FROM ${debian}\nRUN echo begun; sleep ${mark}\n`), {
        signal: cancel.signal,
        output: (text) => lines.push(text),
      }),
    );
    await eventually('the build to begin', () => lines.includes('begun'));
    const began = performance.now();
    cancel.abort();
    expect((await building).code).to.equal('CANCELLED');
    await eventually(
      'no process',
      () =>
        execute('pgrep', ['-f', `sleep ${mark}`]).then(
          () => false,
          () => true,
        ),
      2000,
    );
    expect(performance.now() - began).to.be.lessThan(1000);
  });

  it('leaves out what .dockerignore names, follows links, and keeps the plan’s files', async () => {
    await fixture.source({
      '.dockerignore': '*\n!kept\n!other/only.txt\n',
      'kept/a.txt': 'a',
      'dropped.txt': 'd',
      'other/only.txt': 'o',
      'other/not.txt': 'n',
    });
    const lines: string[] = [];
    const request = buildRequest(
      `FROM ${debian}\nCOPY . /context\nRUN cd /context && find . -type f | sort && echo ${Date.now()}\n`,
      {},
      { files: { '.containr/server.mjs': 'x' } },
    );
    await runtime.build(request, { signal: io.signal, output: (text) => lines.push(text) });
    expect(lines.filter((line) => line.startsWith('./'))).to.deep.equal([
      './.containr/server.mjs',
      './kept/a.txt',
      './other/only.txt',
    ]);
  });

  it('sees a change of equal size, and gives build secrets and declared arguments only', async () => {
    const dockerfile = `FROM ${debian}\nARG DECLARED\nCOPY value.txt /value.txt\nRUN --mount=type=secret,id=TOKEN : ${Date.now()}; echo "value $(cat /value.txt) $DECLARED [$UNDECLARED] $(cat /run/secrets/TOKEN)"\n`;
    const variables = { DECLARED: 'yes', UNDECLARED: 'no', TOKEN: 'hidden' };
    for (const value of ['one', 'two']) {
      await fixture.source({ 'value.txt': value });
      const lines: string[] = [];
      await runtime.build(buildRequest(dockerfile, { variables, treeHash: (value === 'one' ? 'c' : 'd').repeat(40) }), {
        signal: io.signal,
        output: (text) => lines.push(text),
      });
      expect(lines).to.include(`value ${value} yes [] hidden`);
    }
  });
});
