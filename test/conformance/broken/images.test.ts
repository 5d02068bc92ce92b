import { expect } from 'chai';
import { app } from '../../../plugins/deployments/test/app.ts';
import { engineAddress, engineAnswers } from '../../../plugins/docker/src/engine-address.ts';
import { Engine } from '../../../plugins/docker/src/engine.ts';
import { testImages } from '../../../plugins/docker/test/engine-fixture.ts';
import { Install } from '../../../plugins/deployments/test/install.ts';
import { base, judge } from './judge.ts';
import type { BrokenApp } from './kinds.ts';

const address = engineAddress(process.env['DOCKER_HOST']);

/** Containers outlive an install; those of the test go with it. */
async function removeFromEngine(service: string): Promise<void> {
  const engine = new Engine(address);
  const filters = { label: [`containr.service=${service}`] };
  for (const { Id } of await engine.api.listContainers({ all: true, filters }))
    await engine.api.getContainer(Id).remove({ force: true });
  for (const { Id } of await engine.api.listImages({ filters })) await engine.api.getImage(Id).remove({ force: true });
}

/** Broken images: what only containers can be broken by. */
describe('broken images', function () {
  this.timeout(240_000);
  let install: Install | undefined;
  let service = '';
  let node = '';

  before(async function () {
    const images = await testImages();
    if (!images || !(await engineAnswers(address))) return this.skip();
    node = images.node;
    install = await Install.start({ runtime: 'docker', drainMs: 500, releaseTimeoutMs: 5000 }, ['docker']);
    service = await install.service(base);
    await install.reaches(await install.deploy(service, image('good')), 'watching', 'live');
  });
  after(async () => {
    await install?.stop();
    if (service) await removeFromEngine(service);
  });

  /** An application in an image of its own; `lines` take the place of its Dockerfile's last ones. */
  function image(
    text: string,
    more: Parameters<typeof app>[1] = {},
    lines?: readonly string[],
  ): Record<string, string> {
    const dockerfile = [
      `FROM ${node}`,
      'WORKDIR /app',
      'COPY . .',
      ...(lines ?? [`RUN echo ${text} > built.txt`, 'CMD ["node", "server.mjs"]']),
    ];
    return { ...app(text, more), 'plan.json': JSON.stringify({ start: null, dockerfile: dockerfile.join('\n') }) };
  }

  const cases: readonly [string, () => BrokenApp][] = [
    [
      'listens on loopback only',
      () => ({ files: image('x', { listen: "process.env.PORT, '127.0.0.1'" }), cause: 'LOOPBACK_ONLY' }),
    ],
    ['listens on the wrong port', () => ({ files: image('x', { listen: '9999' }), cause: 'WRONG_PORT', says: '9999' })],
    [
      'ends at once',
      () => ({ files: image('x', { atStart: 'process.exit(3);' }), cause: 'EXITED', says: 'exit code 3' }),
    ],
    [
      'has a command that is not there',
      () => ({ files: image('x', {}, ['CMD ["/no/such/program"]']), cause: 'COMMAND_NOT_FOUND' }),
    ],
    ['has a step that fails', () => ({ files: image('x', {}, ['RUN exit 7']), cause: 'BUILD_FAILED' })],
    [
      'has an instruction that does not exist',
      () => ({ files: image('x', {}, ['RUNN true']), cause: 'DOCKERFILE_INVALID' }),
    ],
    [
      'needs more memory than it may',
      () => ({
        files: image('x', {
          atStart: 'const e = []; for (let n = 0; n < 4000; n += 1) e.push(Buffer.alloc(4_000_000, 1));',
        }),
        spec: { resources: { cpu: 1, memoryBytes: 80 * 2 ** 20 } },
        cause: 'OUT_OF_MEMORY',
      }),
    ],
    [
      'fails its health command',
      () => ({
        files: image('x'),
        spec: { health: { kind: 'command', command: 'echo not well; exit 4', startPeriodMs: 2500 } },
        cause: 'HEALTH_FAILED',
        says: 'not well',
      }),
    ],
    [
      'has a migration that hangs',
      () => ({
        files: image('x'),
        spec: { preDeploy: 'sleep 1000' },
        cause: 'RELEASE_FAILED',
        says: 'did not end within',
      }),
    ],
  ];
  for (const [name, make] of cases) {
    it(`one that ${name} fails with its cause, and what was there serves on`, async function () {
      if (!install) return this.skip();
      const broken = make();
      const { cause, detail } = await judge(install, service, broken);
      expect(cause, detail).to.equal(broken.cause);
      expect(detail).to.contain(broken.says ?? '');
    });
  }
});
