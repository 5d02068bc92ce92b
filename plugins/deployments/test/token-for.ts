import { Setup } from '@containr/plugin-auth/contract';
import type { TestPlatform } from '@containr/testing';

/** A token of the install's first owner that may only do what is named. Sets the install up, so once a test. */
export async function tokenFor(test: TestPlatform, ...scopes: string[]): Promise<string> {
  const { url } = await test.platform.services.get(Setup).link({}, { principal: test.platform.console });
  const body = {
    token: new URL(url ?? '').searchParams.get('token'),
    email: 'a@example.com',
    password: 'correct horse battery',
    name: 'A',
  };
  const owner = await test.request('/api/v1/setup', { method: 'POST', body });
  const token = String(owner.field('token', 'secret'));
  const made = await test.request('/api/v1/tokens', { method: 'POST', token, body: { name: 'x', scopes } });
  return String(made.field('secret'));
}
