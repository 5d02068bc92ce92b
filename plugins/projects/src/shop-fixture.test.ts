import { expect } from 'chai';
import type { Principal } from '@containr/sdk';
import type { Answer, Ask, TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';
import { Setup } from '@containr/plugin-auth/contract';
import { Projects } from './contract.ts';

/** Id of a second organisation, `other`. */
export const otherOrganisation = '01900000-0000-7000-8000-000000000001';

/** Id of what an answer shows; fails when it is no success. */
export function id(answer: Answer): string {
  expect(answer.status, answer.text).to.be.oneOf([200, 201]);
  return String(answer.field('id'));
}

/** A platform with a project `shop` in organisation `default`, and ways to ask it. */
export async function startShop() {
  const test = await startTestPlatform({ plugins: ['projects'] });
  const { pool } = test.database;
  await pool.query(`insert into plugin_auth.organisations values ($1, 'other', 'Other', now())`, [otherOrganisation]);
  const { rows } = await pool.query(`select id from plugin_auth.organisations where slug = 'default'`);
  const ours: Principal = { ...test.platform.console, organisation: rows[0].id };
  const made = await asking(test).post('/projects', { name: 'Shop' });
  const project = id(made);
  const first = await asking(test).ask(`/environments?project=${project}`);
  return { test, ours, project, environment: String(first.field('items', 0, 'id')) };
}
export type Shop = Awaited<ReturnType<typeof startShop>>;

/** Requests over the console socket, in organisation `default` unless said otherwise. */
export function asking(test: TestPlatform) {
  const ask = (path: string, options: Ask = {}) => test.console(path, { organisation: 'default', ...options });
  return {
    ask,
    post: (path: string, body: object) => ask(path, { method: 'POST', body }),
    patch: (path: string, body: object, headers: Record<string, string> = {}) =>
      ask(path, { method: 'PATCH', body, headers }),
    projects: () => test.platform.services.get(Projects),
    /** How many revisions a service has. */
    async revisions(of: string): Promise<number> {
      const items = (await ask(`/specs?service=${of}`)).field('items');
      return Array.isArray(items) ? items.length : -1;
    },
  };
}

/** Sets the install up, and answers what makes API tokens with just these permissions. Once per platform. */
export async function tokenMaker(test: TestPlatform): Promise<(...scopes: string[]) => Promise<string>> {
  const { url } = await test.platform.services.get(Setup).link({}, { principal: test.platform.console });
  const body = {
    token: new URL(url ?? '').searchParams.get('token'),
    email: 'a@example.com',
    password: 'correct horse battery',
    name: 'A',
  };
  const owner = await test.request('/api/v1/setup', { method: 'POST', body });
  const token = String(owner.field('token', 'secret'));
  return async (...scopes) => {
    const made = await test.request('/api/v1/tokens', { method: 'POST', token, body: { name: 'x', scopes } });
    return String(made.field('secret'));
  };
}
