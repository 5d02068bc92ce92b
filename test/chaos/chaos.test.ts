import { existsSync, readFileSync } from 'node:fs';
import { pathWithoutDocker } from '../road/path.ts';
import { describeChaos } from './describe-chaos.ts';
import { PrivateEngine } from './private-engine.ts';
import { Subject } from './subject.ts';
import { isOfEngine } from './victims.ts';

describeChaos('process', {
  start: () => Subject.start({ CONTAINR_RUNTIME: 'process', PATH: pathWithoutDocker() }),
  isAbout: () => true,
});

const catalogue = process.env['CONTAINR_TEST_CATALOGUE'];
const image =
  catalogue && existsSync(catalogue)
    ? /"(containr-test\/node24:[^"]+)"/.exec(readFileSync(catalogue, 'utf8'))?.[1]
    : undefined;

// For who asks for it: an engine of its own is killed and started again, which takes its time.
const isAsked = process.env['CONTAINR_CHAOS_DOCKER'] === '1';
if (isAsked && catalogue && image && PrivateEngine.isPossible) {
  describeChaos('docker', {
    async start() {
      const engine = await PrivateEngine.start(image);
      try {
        const env = { CONTAINR_RUNTIME: 'docker', CONTAINR_RUNTIME_CATALOGUE: catalogue, DOCKER_HOST: engine.host };
        return await Subject.start(env, engine);
      } catch (error) {
        await engine.stop();
        throw error;
      }
    },
    // All else is the same on every runtime.
    isAbout: isOfEngine,
  });
} else if (isAsked) {
  describe('a kill at a boundary, on docker', () => {
    it.skip(
      'needs root, dockerd and the base images of the test set-up: apt-get install docker.io debootstrap, then npm test',
    );
  });
}
