import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const socketPath = '/var/run/docker.sock';

/** Whether an engine answers on its usual socket. */
export function engineAnswers() {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 3000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('timeout', () => ping.destroy());
    ping.on('error', () => resolve(false));
    ping.end();
  });
}

/** Starts an engine of our own for the tests when none answers and we may; resolves with what stops it again. */
export async function ensureEngine(progress) {
  if (await engineAnswers()) return async () => {};
  const program = ['/usr/sbin/dockerd', '/usr/bin/dockerd'].find(existsSync);
  if (process.getuid?.() !== 0 || !program) return async () => {};
  mkdirSync('/var/lib/containr-test', { recursive: true });
  const log = openSync('/var/lib/containr-test/dockerd.log', 'a');
  const engine = spawn(program, ['--data-root', '/var/lib/containr-test/docker', '--live-restore'], {
    stdio: ['ignore', log, log],
    detached: true,
  });
  const ended = new Promise((resolve) => engine.once('exit', resolve));
  await progress.step('docker', 'Starting a Docker engine for the tests', async () => {
    for (let tries = 0; tries < 120 && !(await engineAnswers()); tries += 1) {
      if (engine.exitCode !== null)
        throw new Error('The Docker engine ended at once; its log is /var/lib/containr-test/dockerd.log.');
      await sleep(250);
    }
  });
  return async () => {
    engine.kill('SIGTERM');
    await Promise.race([ended, sleep(20_000)]);
  };
}
