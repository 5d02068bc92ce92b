import { app } from '../../../plugins/deployments/test/app.ts';

/** One broken application: what it is made of, and the causes that describe it. */
export interface BrokenApp {
  readonly files: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  /** The cause that is right. */
  readonly cause: string;
  /** What its sentence has to name. */
  readonly says?: string;
  /** Path to ask, again and again, once it has taken over. */
  readonly provoke?: string;
}

/** One way to be broken, made with several parameters. The first is run by `npm test`, all by `npm run test:full`. */
export interface Kind {
  readonly name: string;
  readonly apps: readonly BrokenApp[];
  /** Can only show where limits of memory hold. */
  readonly needsMemoryLimit?: boolean;
}

const fatal = 'await new Promise(() => {});';
const idle = `setInterval(() => {}, 1000); ${fatal}`;
const sick = { kind: 'http', path: '/ready', intervalMs: 100, timeoutMs: 400, retries: 3, startPeriodMs: 2500 };
const small = { cpu: 1, memoryBytes: 80 * 2 ** 20 };
const eat = 'const eaten = []; for (let n = 0; n < 4000; n += 1) eaten.push(Buffer.alloc(4_000_000, 1));';

function kind<P>(name: string, parameters: readonly P[], make: (parameter: P) => BrokenApp): Kind {
  return { name, apps: parameters.map(make) };
}
function withPlan(plan: Readonly<Record<string, unknown>>): Record<string, string> {
  return app('x', { plan });
}
const exits = (atStart: string, says: string): BrokenApp => ({ files: app('x', { atStart }), cause: 'EXITED', says });

/** The corpus: about two hundred applications, each of them really built and run. */
export const kinds: readonly Kind[] = [
  kind('no builder knows it', ['readme.txt', 'notes.md', 'main.xyz', 'Makefile.old', 'data.csv'], (file) => ({
    files: { [file]: 'hello' },
    cause: 'PLAN_NOT_FOUND',
  })),
  kind('root directory that is not there', ['missing', 'apps/web', 'a/b/c'], (rootDirectory) => ({
    files: app('x'),
    spec: { source: { rootDirectory } },
    cause: 'SOURCE_EMPTY',
  })),
  kind('build that fails', [1, 2, 3, 7, 42, 64, 100, 126, 127, 255], (code) => ({
    files: withPlan({ build: ['echo compiling', `exit ${code}`] }),
    cause: 'BUILD_FAILED',
  })),
  kind(
    'build command that is not there',
    ['no-such-tool', 'npmx run build', './build.sh', 'gradlew', 'mvnw package', 'cargoo build'],
    (line) => ({
      files: withPlan({ build: [line] }),
      cause: 'BUILD_FAILED',
    }),
  ),
  kind(
    'install without its lock file',
    ['test -f package-lock.json', 'cat yarn.lock', 'ls poetry.lock', 'cat Gemfile.lock', 'cat go.sum'],
    (line) => ({
      files: withPlan({ install: [line] }),
      cause: 'BUILD_FAILED',
    }),
  ),
  kind('migration that fails', [1, 2, 9, 17, 42, 64, 126, 127, 255], (code) => ({
    files: app('x'),
    spec: { preDeploy: `echo migrating; exit ${code}` },
    cause: 'RELEASE_FAILED',
    says: `exit code ${code}`,
  })),
  kind(
    'migration that hangs',
    ['sleep 1000', 'cat /dev/zero > /dev/null', 'while :; do sleep 1; done'],
    (preDeploy) => ({
      files: app('x'),
      spec: { preDeploy },
      cause: 'RELEASE_FAILED',
      says: 'did not end within',
    }),
  ),
  kind(
    'start command that is not there',
    ['no-such-program', 'gunicron app:app', './missing', 'nodee x.js', 'py', 'bundel exec', 'jaav -jar x'],
    (start) => ({
      files: withPlan({ start }),
      cause: 'COMMAND_NOT_FOUND',
    }),
  ),
  kind('start command that can not be executed', ['./built.txt', './plan.json', './server.mjs', '/app'], (start) => ({
    files: withPlan({ start }),
    cause: 'COMMAND_NOT_FOUND',
  })),
  kind('exit 0 at once', ['process.exit(0);', 'process.exitCode = 0; process.exit();'], (text) =>
    exits(text, 'exit code 0'),
  ),
  kind('exit with a code at once', [1, 2, 3, 7, 13, 42, 64, 70, 78, 99, 100, 255], (code) =>
    exits(`console.error('Error: no'); process.exit(${code});`, `exit code ${code}`),
  ),
  kind('crash before it listens', [50, 200, 400, 600, 800, 1000, 1500], (ms) =>
    exits(`await new Promise((go) => setTimeout(go, ${ms})); throw new Error('late');`, 'exit code 1'),
  ),
  kind(
    'missing variable',
    ['DATABASE_URL', 'SECRET_KEY_BASE', 'REDIS_URL', 'API_KEY', 'SMTP_HOST', 'S3_BUCKET', 'JWT_SECRET'],
    (name) => exits(`if (!process.env.${name}) throw new Error('${name} is not set');`, name),
  ),
  kind('missing module', ['express', 'pg', './gone.mjs', '@app/core', 'left-pad'], (name) =>
    exits(`await import('${name}-not-there');`, 'not-there'),
  ),
  kind('syntax that is wrong', ['const = 1;', 'if (', 'return }', 'let a; let a;', 'await await;'], (text) =>
    exits(text, 'exit code 1'),
  ),
  kind('promise that nobody catches', ['no database', 'no queue', 'time is up', 'no cache', 'no disk'], (words) =>
    exits(`Promise.reject(new Error('${words}')); ${idle}`, words),
  ),
  kind('end by a signal', ['SIGKILL', 'SIGABRT', 'SIGSEGV', 'SIGTERM', 'SIGINT'], (signal) =>
    exits(`process.kill(process.pid, '${signal}'); await new Promise((go) => setTimeout(go, 5000));`, 'exit code 1'),
  ),
  kind('port that may not be used', [1, 22, 80, 443, 587, 993, 1023], (port) => ({
    files: app('x', { listen: String(port) }),
    cause: 'EXITED',
    says: 'EACCES',
  })),
  kind('children left behind', [1, 2, 3, 5, 8], (count) =>
    exits(
      `const { spawn } = await import('node:child_process'); for (let n = 0; n < ${count}; n += 1) spawn('sleep', ['1000']); process.exit(6);`,
      'exit code 6',
    ),
  ),
  kind('disk that is full', ['/dev/shm/full', '/var/tmp/full'], (path) => ({
    files: app('x', {
      atStart: `const { writeFileSync } = await import('node:fs'); writeFileSync('${path}', Buffer.alloc(200_000_000));`,
    }),
    cause: 'DISK_FULL',
  })),
  {
    ...kind('memory beyond its limit at the start', [80, 96, 112, 128, 160], (megabytes) => ({
      files: app('x', { atStart: eat }),
      spec: { resources: { cpu: 1, memoryBytes: megabytes * 2 ** 20 } },
      cause: 'OUT_OF_MEMORY',
    })),
    needsMemoryLimit: true,
  },
  kind('nothing listens', [idle, `process.stdin.resume(); ${idle}`], (atStart) => ({
    files: app('x', { atStart }),
    cause: 'PORT_NOT_LISTENING',
  })),
  kind('SIGTERM that is ignored', ['SIGTERM', 'SIGINT'], (signal) => ({
    files: app('x', { atStart: `process.on('${signal}', () => {}); process.on('SIGTERM', () => {}); ${idle}` }),
    spec: { stop: { signal, graceMs: 500 } },
    cause: 'PORT_NOT_LISTENING',
  })),
  kind('start that is too slow', [6000, 9000, 12_000, 20_000, 60_000], (ms) => ({
    files: app('x', { atStart: `await new Promise((go) => setTimeout(go, ${ms}));` }),
    cause: 'PORT_NOT_LISTENING',
  })),
  kind('wrong port', [18_431, 18_555, 19_001, 28_080, 13_000, 15_000, 17_080, 18_888, 19_292, 28_000], (port) => ({
    files: app('x', { listen: String(port) }),
    cause: 'WRONG_PORT',
    says: String(port),
  })),
  kind('health path that answers badly', [500, 501, 502, 503, 400, 401, 403, 404, 418, 429], (status) => ({
    files: app('x', { extra: `r.statusCode = ${status};` }),
    spec: { health: sick },
    cause: 'HEALTH_FAILED',
    says: String(status),
  })),
  kind('status that is not among the good ones', [200, 201, 204, 301, 302], (status) => ({
    files: app('x', { extra: `r.statusCode = ${status};` }),
    spec: { health: { ...sick, statuses: '202' } },
    cause: 'HEALTH_FAILED',
    says: String(status),
  })),
  kind('health path that never answers', ['return;', 'if (q.url === "/ready") return;'], (extra) => ({
    files: app('x', { extra }),
    spec: { health: sick },
    cause: 'HEALTH_TIMEOUT',
  })),
  kind(
    'connections that are closed at once',
    ['s.destroy()', 's.end()', "s.end('hello\\n')", "s.write('220 smtp\\n')"],
    (answer) => ({
      files: app('x', {
        atStart: `const { createServer } = await import('node:net'); createServer((s) => { s.on('error', () => {}); ${answer}; }).listen(process.env.PORT); ${fatal}`,
      }),
      spec: { health: sick },
      cause: 'HEALTH_TIMEOUT',
    }),
  ),
  kind('listens on something else than a port', ['/tmp/app.sock', '/tmp/web.sock', '/var/tmp/x.sock'], (path) => ({
    files: app('x', { listen: `'${path}'` }),
    cause: 'PORT_NOT_LISTENING',
  })),
  kind('datagrams only', ['udp4', 'udp6'], (family) => ({
    files: app('x', {
      atStart: `const { createSocket } = await import('node:dgram'); createSocket('${family}').bind(0); ${idle}`,
    }),
    cause: 'PORT_NOT_LISTENING',
  })),
  kind('exit 0 after a while', [100, 500, 900, 1400], (ms) =>
    exits(`await new Promise((go) => setTimeout(go, ${ms})); process.exit(0);`, 'exit code 0'),
  ),
  kind('health command that fails', [1, 2, 3, 42, 66, 126, 127], (code) => ({
    files: app('x'),
    spec: { health: { ...sick, kind: 'command', command: `echo not well; exit ${code}` } },
    cause: 'HEALTH_FAILED',
    says: `exit code ${code}`,
  })),
  kind('health command that hangs', ['sleep 1000', 'cat'], (command) => ({
    files: app('x'),
    spec: { health: { ...sick, kind: 'command', command: `${command} < /dev/zero` } },
    cause: 'HEALTH_FAILED',
  })),
  kind('crash after the switch', [10, 300, 700, 1200, 2000, 3000], (ms) => ({
    files: app('x', { extra: `setTimeout(() => { console.error('fatal: late'); process.exit(5); }, ${ms});` }),
    cause: 'CRASHED_AFTER_SWITCH',
    says: 'exit code 5',
    provoke: '/',
  })),
  kind('crash under load', [1, 2, 3, 5, 8, 12, 15], (requests) => ({
    files: app('x', {
      extra: `globalThis.n = (globalThis.n ?? 0) + 1; if (globalThis.n > ${requests}) process.exit(9);`,
    }),
    cause: 'CRASHED_AFTER_SWITCH',
    says: 'exit code 9',
    provoke: '/',
  })),
  {
    ...kind('memory beyond its limit under load', [1, 2, 3, 5], (at) => ({
      files: app('x', {
        extra: `if (q.url === '/eat') { globalThis.n = (globalThis.n ?? 0) + 1; if (globalThis.n >= ${at}) { ${eat} } }`,
      }),
      spec: { resources: small },
      cause: 'CRASHED_AFTER_SWITCH',
      says: 'memory',
      provoke: '/eat',
    })),
    needsMemoryLimit: true,
  },
  kind('health that turns bad after the switch', [1, 2, 4, 7, 10, 14], (requests) => ({
    files: app('x', {
      extra: `if (q.url !== '/ready') globalThis.n = (globalThis.n ?? 0) + 1; if (globalThis.n >= ${requests}) r.statusCode = 503;`,
    }),
    spec: { health: sick },
    cause: 'UNHEALTHY_AFTER_SWITCH',
    says: '503',
    provoke: '/',
  })),
];
