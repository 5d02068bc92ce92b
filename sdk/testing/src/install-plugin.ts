import { fileURLToPath } from 'node:url';
import type { Answer } from './answer.ts';
import type { TestPlatform } from './platform.ts';

/** What an isolated plugin may use, by kind: `{ events: ['service.created'], hosts: ['chat.example.com'] }`. */
export type TestGrants = Readonly<
  Partial<
    Record<'hosts' | 'events' | 'capabilities' | 'hooks' | 'services' | 'provides' | 'secrets', readonly string[]>
  >
>;

/**
 * Installs the built plugin of a folder as somebody would: packed, in a process of its own, with what is granted to it, and on.
 * Rejects with the install's answer when one of these is refused.
 *
 * @example await installPlugin(test, new URL('..', import.meta.url), { grants: { events: ['service.created'] } });
 */
export async function installPlugin(
  test: Pick<TestPlatform, 'console'>,
  folder: string | URL,
  { grants = {} }: { readonly grants?: TestGrants } = {},
): Promise<void> {
  // The bundler is heavy, and most tests need none.
  const { packFolder, readPluginFolder } = await import('@containr/plugin-build');
  const body = await packFolder(await readPluginFolder(folder instanceof URL ? fileURLToPath(folder) : folder));
  const headers = { 'content-type': 'application/gzip' };
  const installed = done(await test.console('/plugins', { method: 'POST', headers, body }));
  const at = `/plugins/${String(installed.field('version', 'name'))}`;
  const allow = Object.entries(grants).flatMap(([kind, values]) => values.map((value) => ({ kind, value })));
  if (allow.length > 0) done(await test.console(`${at}/grants`, { method: 'PATCH', body: { allow, deny: [] } }));
  done(await test.console(`${at}/enable`, { method: 'POST' }));
}

function done(answer: Answer): Answer {
  if (answer.status < 300) return answer;
  throw new Error(`The install answered ${answer.status}: ${answer.text}`);
}
