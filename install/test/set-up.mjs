import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from '../bootstrap/run.mjs';
import { engineAnswers, ensureEngine } from './docker-engine.mjs';
import { ensureTestPackages } from './packages.mjs';

const catalogue = '/var/cache/containr-test/catalogue.json';

/** Brings packages, engine and base images; resolves with the tests' environment and what takes the engine down again. */
export async function setUpTests(root, progress, ci) {
  await ensureTestPackages(progress);
  const tearDown = await ensureEngine(progress);
  const env = {};
  if (await engineAnswers()) {
    await progress.step('images', 'Making base images for the tests', () =>
      runQuietly(
        [process.execPath, '--disable-warning=ExperimentalWarning', join(root, 'install/test-images.mjs'), catalogue],
        { cwd: root, timeoutMs: 1_200_000 },
      ),
    );
    if (existsSync(catalogue)) env.CONTAINR_TEST_CATALOGUE = catalogue;
  } else if (ci) {
    throw new Error(
      'With CI=true every test must run, and no Docker engine answers. Start one, or run as root on Debian so that it can be installed.',
    );
  } else {
    progress.note(
      'No Docker engine answers: tests that need one are skipped. To have it: apt-get install docker.io, then start dockerd.',
    );
  }
  return { env, tearDown };
}
