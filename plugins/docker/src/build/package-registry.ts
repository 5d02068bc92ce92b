import type { Exec } from '@containr/sdk';

/**
 * The `.npmrc` that builds get as the secret `npmrc`: the registry that the operator's npm uses, so that builds reach packages
 * the way the operator does (a mirror, for example). Credentials stay with the operator. `null` when npm is not there.
 */
export async function npmrcForBuilds(exec: Exec): Promise<string | null> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' };
  const result = await exec(['npm', 'config', 'get', 'registry'], { env, cwd: '/', timeoutMs: 20_000 }).catch(
    () => null,
  );
  const registry = result?.exitCode === 0 ? result.stdout.trim() : '';
  return URL.canParse(registry) ? `registry=${registry}\nfund=false\naudit=false\nupdate-notifier=false\n` : null;
}
