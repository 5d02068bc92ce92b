import { existsSync } from 'node:fs';
import { runQuietly } from '../bootstrap/run.mjs';

/** Debian packages that the tests use, by a file that tells whether they are there. */
const wanted = [
  {
    file: '/usr/bin/dockerd',
    legacy: '/usr/sbin/dockerd',
    packages: ['docker.io', 'runc', 'containerd', 'iptables'],
    why: 'a container engine',
  },
  {
    file: '/usr/sbin/debootstrap',
    packages: ['debootstrap', 'ca-certificates'],
    why: 'base images without an image registry',
  },
  { file: '/usr/bin/chromium', packages: ['chromium'], why: 'a browser for the dashboard' },
  { file: '/usr/bin/setpriv', packages: ['util-linux'], why: 'processes under a user of their own' },
  { file: '/usr/bin/tini', packages: ['tini'], why: 'a first process that reaps zombies' },
  { file: '/usr/lib/postgresql/15/bin/postgres', packages: ['postgresql-15'], why: 'a database by URL' },
  { file: '/usr/bin/redis-server', packages: ['redis-server'], why: 'Redis' },
  { file: '/usr/sbin/haproxy', packages: ['haproxy'], why: 'an ingress for production' },
  { file: '/usr/bin/pebble', packages: ['pebble'], why: 'a certificate authority' },
];

/** Whether this machine lets us install Debian packages. */
function canInstall() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** Installs the missing ones as root on Debian or Ubuntu and says so; elsewhere names the command that would. */
export async function ensureTestPackages(progress) {
  const missing = wanted.filter(({ file, legacy }) => !existsSync(file) && !(legacy && existsSync(legacy)));
  if (missing.length === 0) return;
  const names = missing.flatMap(({ packages }) => packages);
  if (!canInstall()) {
    for (const { packages, why } of missing)
      progress.note(`Missing ${why}: its tests are skipped. To have it: apt-get install ${packages.join(' ')}`);
    return;
  }
  progress.note(`Installing for the tests: ${names.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await progress.step('apt-update', 'Refreshing the package lists', () =>
    runQuietly(['apt-get', 'update'], { cwd: '/', env }),
  );
  await progress.step('apt-install', 'Installing Debian packages', () =>
    runQuietly(['apt-get', 'install', '-y', '--no-install-recommends', ...names], {
      cwd: '/',
      env,
      timeoutMs: 1_200_000,
    }),
  );
}
