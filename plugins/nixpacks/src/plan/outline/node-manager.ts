import { versionLine } from './asked-version.ts';
import type { Manifest } from './manifest.ts';
import type { OutlineContext } from './outline.ts';

/** A JavaScript package manager as a source uses it. */
export interface NodeManager {
  readonly name: 'npm' | 'pnpm' | 'yarn' | 'bun';
  readonly from: string;
  readonly version: { readonly range: string; readonly from: string } | null;
  readonly install: string;
  readonly caches: readonly string[];
}

const locks = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['bun.lockb', 'bun'],
  ['bun.lock', 'bun'],
  ['yarn.lock', 'yarn'],
  ['.yarnrc.yml', 'yarn'],
  ['package-lock.json', 'npm'],
  ['pnpm-workspace.yaml', 'pnpm'],
] as const;

/** The manager that `packageManager`, the lock file or `engines` names; npm without any. */
export function nodeManager({ source, dialect }: OutlineContext, manifest: Manifest): NodeManager {
  const field = manifest.raw['packageManager'];
  const named = typeof field === 'string' ? /^(npm|yarn|pnpm|bun)@(\d[\w.-]*)/.exec(field) : null;
  const lock = locks.find(([file]) => source.has(file));
  const engine = (['pnpm', 'bun', 'yarn'] as const).find((name) => name in manifest.engines);
  const name = nameOf(named?.[1]) ?? lock?.[1] ?? engine ?? 'npm';
  const from = named
    ? `packageManager in ${manifest.file}`
    : (lock?.[0] ?? (engine ? `engines.${engine} in ${manifest.file}` : 'no lock file is there'));
  const asked = manifest.engines[name];
  const version = named?.[2]
    ? { range: named[2], from }
    : asked
      ? { range: asked, from: `engines.${name} in ${manifest.file}` }
      : lockVersion(source.text('pnpm-lock.yaml')?.slice(0, 100) ?? '', name);
  const berry = source.has('.yarnrc.yml') || (name === 'yarn' && version !== null && !version.range.startsWith('1'));
  return { name, from, version, ...steps(name, berry, (file) => source.has(file), dialect === 'nixpacks') };
}

/** The Node version that `.nvmrc` or `.node-version` asks for, with the file. */
export function nodeVersionFiles({ source }: OutlineContext): readonly (readonly [string | null, string])[] {
  return ['.nvmrc', '.node-version'].map((file) => [versionLine(source, file), file] as const);
}

function nameOf(value: string | undefined): NodeManager['name'] | null {
  return value === 'npm' || value === 'pnpm' || value === 'yarn' || value === 'bun' ? value : null;
}

/** pnpm's lock tells the versions that can read it. */
function lockVersion(head: string, name: string): NodeManager['version'] {
  const format = name === 'pnpm' ? /lockfileVersion:\s*'?(\d+\.\d+)/.exec(head)?.[1] : undefined;
  const range = { '5.3': '6', '5.4': '7', '6.0': '8', '9.0': '10' }[format ?? ''];
  return range ? { range, from: 'pnpm-lock.yaml' } : null;
}

function steps(
  name: NodeManager['name'],
  berry: boolean,
  has: (file: string) => boolean,
  nixpacks: boolean,
): { install: string; caches: readonly string[] } {
  if (name === 'pnpm')
    return {
      install: has('pnpm-lock.yaml') ? 'pnpm install --frozen-lockfile --prefer-offline' : 'pnpm install',
      caches: ['/root/.local/share/pnpm'],
    };
  if (name === 'bun') return { install: 'bun install --frozen-lockfile', caches: ['/root/.bun/install/cache'] };
  if (name === 'yarn')
    return berry
      ? { install: 'yarn install --check-cache', caches: ['/app/.yarn/cache'] }
      : { install: 'yarn install --frozen-lockfile', caches: ['/usr/local/share/.cache/yarn'] };
  // A lock that is out of step with its manifest still installs; nixpacks insists on it.
  return { install: nixpacks && has('package-lock.json') ? 'npm ci' : 'npm install', caches: ['/root/.npm'] };
}
