import { spawn } from 'node:child_process';

/**
 * Runs a program with our own terminal and resolves with its exit code. With `forwardSignals`, SIGTERM reaches it too
 * (SIGINT does so by the terminal already) and we outlive it, so that it can stop in order.
 */
export function run(argv, { cwd, env, forwardSignals = false, stdio = 'inherit' }) {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), { cwd, env, stdio });
    const forward = (signal) => child.kill(signal);
    const ignore = () => {};
    if (forwardSignals) {
      process.on('SIGTERM', forward);
      process.on('SIGHUP', forward);
      process.on('SIGINT', process.stdin.isTTY ? ignore : forward);
    }
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 128 + (signal === 'SIGINT' ? 2 : 15) : (code ?? 1)));
  });
}

/** Runs a program quietly; resolves when it ends well, rejects with the end of what it wrote. Its output never reaches stdout. */
export function runQuietly(argv, { cwd, env = process.env, timeoutMs = 900_000 }) {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    let output = '';
    const keep = (chunk) => (output = (output + chunk).slice(-8000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => reject(new Error(`${argv[0]} could not be run: ${error.message}.`)));
    child.on('exit', (code) =>
      code === 0
        ? resolve(output)
        : reject(new Error(`${argv.slice(0, 3).join(' ')} ended with code ${code}:\n${output.trim()}`)),
    );
  });
}
