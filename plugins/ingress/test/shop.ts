import { randomUUID } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer, Ask, TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';

/** A platform with an ingress and two organisations, `default` and `other`, each with a project `shop`. */
export interface Shop {
  readonly test: TestPlatform;
  /** Asks as an organisation. */
  ask(path: string, options?: Ask): Promise<Answer>;
  /** Makes a service of an organisation; resolves to its id. */
  service(slug: string, organisation?: string, kind?: string): Promise<string>;
  /** Id of an organisation. */
  organisation(slug: string): Promise<string>;
  /** Process of the ingress; `null` before it runs. */
  routerPid(): Promise<number | null>;
  stop(): Promise<void>;
}

/** Starts one with the given settings of the ingress, and more plugins where a test needs them. */
export async function startShop(settings: Record<string, unknown>, plugins: readonly string[] = []): Promise<Shop> {
  const test = await startTestPlatform({
    plugins: ['projects', 'ingress', ...plugins],
    settings: { ingress: settings },
    agent: true,
  });
  const { pool } = test.database;
  await pool.query(`insert into plugin_auth.organisations values ($1, 'other', 'Other', now())`, [randomUUID()]);
  const ask = (path: string, options: Ask = {}): Promise<Answer> =>
    test.console(path, { organisation: 'default', ...options });
  const environments = new Map<string, string>();
  for (const organisation of ['default', 'other']) {
    const project = await ask('/projects', { method: 'POST', organisation, body: { name: 'Shop', slug: 'shop' } });
    if (project.status !== 201) throw new Error(project.text);
    const found = await ask(`/environments?project=${String(project.field('id'))}`, { organisation });
    environments.set(organisation, String(found.field('items', 0, 'id')));
  }
  async function routerPid(): Promise<number | null> {
    for await (const path of glob(join(test.data, '**/router.json')))
      return Number((JSON.parse(await readFile(path, 'utf8')) as { pid: number }).pid);
    return null;
  }
  return {
    test,
    ask,
    routerPid,
    async organisation(slug) {
      const { rows } = await pool.query<{ id: string }>('select id from plugin_auth.organisations where slug = $1', [
        slug,
      ]);
      return String(rows[0]?.id);
    },
    async service(slug, organisation = 'default', kind = 'web') {
      const body = { environment: environments.get(organisation), name: slug, slug, kind };
      const answer = await ask('/services', { method: 'POST', organisation, body });
      if (answer.status !== 201) throw new Error(answer.text);
      return String(answer.field('id'));
    },
    async stop() {
      const pid = await routerPid();
      await test.stop();
      if (pid !== null) process.kill(pid, 'SIGKILL');
    },
  };
}
