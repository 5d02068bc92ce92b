// Builds the base images that tests run applications on, where no image registry is reachable: Debian by debootstrap, Node from
// npm, Python and Go from Debian. Writes a runtime catalogue that names them. Every image is made once for each content.
// Usage: node install/test-images.mjs [CATALOGUE_FILE]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { goRecipe, nodeRecipe, pythonRecipe } from './test/image-recipes.mjs';

const cache = '/var/cache/containr-test';
const catalogueFile = process.argv[2] ?? join(cache, 'catalogue.json');
const docker = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';
const authorities =
  process.env.NODE_EXTRA_CA_CERTS ?? process.env.SSL_CERT_FILE ?? '/etc/ssl/certs/ca-certificates.crt';
const mirror = process.env.CONTAINR_DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';

/** Runs a program; its output goes to stderr unless it is asked for. */
function run(argv, options = {}) {
  const [program, ...args] = argv;
  const stdio = ['ignore', options.capture ? 'pipe' : 2, options.quiet ? 'ignore' : 2];
  const result = spawnSync(program, args, {
    stdio,
    encoding: 'utf8',
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
  });
  if (result.error) throw new Error(`${program} could not be run: ${result.error.message}`);
  if (result.status !== 0 && !options.optional) throw new Error(`${argv.join(' ')} ended with ${result.status}`);
  return { ok: result.status === 0, text: (result.stdout ?? '').trim() };
}

function say(text) {
  process.stderr.write(`test images: ${text}\n`);
}

function timed(what, work) {
  const began = Date.now();
  const result = work();
  say(`${what} (${Math.round((Date.now() - began) / 100) / 10} s)`);
  return result;
}

function tagOf(name, parts) {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
  return `containr-test/${name}:${hash}`;
}

const isThere = (tag) => run([docker, 'image', 'inspect', tag], { optional: true, capture: true, quiet: true }).ok;

function baseImage(scratch) {
  const bundle = readFileSync(authorities);
  const recipe = [
    'bookworm',
    'minbase',
    'ca-certificates',
    'strip 1',
    createHash('sha256').update(bundle).digest('hex'),
  ];
  const tag = tagOf('debian', recipe);
  if (isThere(tag)) return tag;
  const archive = join(cache, `${tag.split(':')[1]}.tar`);
  if (!existsSync(archive)) {
    timed('Debian bookworm fetched', () => {
      const root = join(scratch, 'root');
      run(['debootstrap', '--variant=minbase', '--include=ca-certificates', 'bookworm', root, mirror], {
        capture: true,
      });
      copyFileSync(authorities, join(root, 'etc/ssl/certs/ca-certificates.crt'));
      for (const path of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/locale', 'var/log']) {
        rmSync(join(root, path), { recursive: true, force: true });
        mkdirSync(join(root, path), { recursive: true });
      }
      mkdirSync(join(root, 'var/cache/apt/archives/partial'), { recursive: true });
      mkdirSync(join(root, 'var/lib/apt/lists/partial'), { recursive: true });
      run(['tar', '-cf', `${archive}.part`, '--numeric-owner', '--one-file-system', '-C', root, '.']);
      renameSync(`${archive}.part`, archive);
    });
  }
  const changes = [
    'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt',
    'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt',
    'CMD ["/bin/sh"]',
  ];
  timed(`${tag} imported`, () =>
    run([docker, 'import', ...changes.flatMap((change) => ['--change', change]), archive, tag]),
  );
  return tag;
}

function layer(recipe, base, scratch) {
  const tag = tagOf(recipe.name, [recipe.dockerfile(base), recipe.packages, recipe.files]);
  if (isThere(tag)) return tag;
  timed(`${tag} built`, () => {
    const context = join(scratch, recipe.name);
    mkdirSync(context, { recursive: true });
    for (const [name, text] of Object.entries(recipe.files)) writeFileSync(join(context, name), text);
    if (recipe.packages.length > 0) {
      run([
        'npm',
        'install',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
        '--prefix',
        context,
        ...recipe.packages,
      ]);
    }
    writeFileSync(join(context, 'Dockerfile'), recipe.dockerfile(base));
    run([docker, 'build', '--quiet', '--network', 'host', '--tag', tag, context], { env: { DOCKER_BUILDKIT: '1' } });
  });
  return tag;
}

function npmSetting(key) {
  const { text } = run(['npm', 'config', 'get', key], { capture: true, cwd: '/' });
  return text === 'null' || text === 'undefined' ? '' : text;
}

function main() {
  if (process.getuid?.() !== 0)
    throw new Error('debootstrap needs root; run the tests as root, or without container images');
  if (!run([docker, 'version'], { optional: true, capture: true, quiet: true }).ok)
    throw new Error('No Docker engine answers: start one first');
  mkdirSync(cache, { recursive: true });
  mkdirSync(dirname(catalogueFile), { recursive: true });
  const scratch = mkdtempSync(join(cache, 'making-'));
  try {
    const base = baseImage(scratch);
    const registry = npmSetting('registry');
    const nodes = ['24.21.0', '22.22.2'].map((version) => {
      const recipe = nodeRecipe({ version, npm: '11.19.1', registry });
      return {
        version,
        image: layer(recipe, base, scratch),
        runImage: null,
        toolchain: { package: 'node-{platform}', version, bin: 'bin' },
      };
    });
    const python = { version: '3.11.2', image: layer(pythonRecipe(), base, scratch), runImage: null, toolchain: null };
    const go = { version: '1.19.8', image: layer(goRecipe(), base, scratch), runImage: base, toolchain: null };
    const catalogue = { runtimes: { node: nodes, python: [python], go: [go] } };
    writeFileSync(`${catalogueFile}.part`, `${JSON.stringify(catalogue, null, 2)}\n`);
    renameSync(`${catalogueFile}.part`, catalogueFile);
    writeFileSync(
      join(cache, 'images.json'),
      `${JSON.stringify({ debian: base, node: nodes[0].image, python: python.image, go: go.image }, null, 2)}\n`,
    );
    say(`catalogue ${catalogueFile}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

try {
  main();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
