import type { Exec } from '@containr/sdk';

const passed =
  /^(HOME|PATH|LANG|npm_config_\w+|NPM_CONFIG_\w+|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/;
const forBuilds =
  /^(https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|PIP_(CERT|INDEX_URL))$/;

/** What the operator set for programs that reach the network, for the agent's own use of npm. */
export function operatorEnvironment(): Record<string, string> {
  return chosen(passed);
}

function chosen(names: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && names.test(name) ? [[name, value]] : [],
    ),
  );
}

/**
 * What builds need to reach the network the way the operator does: proxies, certificate authorities, the npm registry.
 * Credentials of registries stay with the operator.
 */
export async function networkVariables(exec: Exec): Promise<Record<string, string>> {
  const [registry, cafile] = await Promise.all(['registry', 'cafile'].map((key) => npmSetting(exec, key)));
  const variables = chosen(forBuilds);
  if (registry) variables['npm_config_registry'] = registry;
  const authorities = cafile ?? variables['NODE_EXTRA_CA_CERTS'];
  if (cafile) variables['npm_config_cafile'] = cafile;
  if (authorities) variables['NODE_EXTRA_CA_CERTS'] = authorities;
  return variables;
}

async function npmSetting(exec: Exec, key: string): Promise<string | null> {
  const result = await exec(['npm', 'config', 'get', key], {
    env: operatorEnvironment(),
    cwd: '/',
    timeoutMs: 20_000,
  }).catch(() => null);
  const value = result?.exitCode === 0 ? result.stdout.trim() : '';
  return value === '' || value === 'null' || value === 'undefined' ? null : value;
}

/** The operator's npm version; `null` when there is none. */
export async function npmVersion(exec: Exec): Promise<string | null> {
  const result = await exec(['npm', '--version'], { env: operatorEnvironment(), cwd: '/', timeoutMs: 20_000 }).catch(
    () => null,
  );
  const version = result?.stdout.trim() ?? '';
  return /^\d+\.\d+\.\d+$/.test(version) ? version : null;
}
