import { existsSync } from 'node:fs';
import { describeRoad } from './road.ts';

const catalogue = process.env['CONTAINR_TEST_CATALOGUE'];
if (catalogue && existsSync(catalogue) && existsSync('/var/run/docker.sock')) {
  describeRoad('docker', { CONTAINR_RUNTIME_CATALOGUE: catalogue });
} else {
  describe('the main road on docker', () => {
    it.skip(
      'needs a Docker engine and the base images of the test set-up: apt-get install docker.io debootstrap, then npm test',
    );
  });
}
