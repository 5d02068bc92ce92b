import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlugin, startTestPlatform } from '@containr/testing';
import type { TestPlatform } from '@containr/testing';

/** A platform with a benign neighbour and one place for hostile code. */
export interface Arena {
  readonly test: TestPlatform;
  /** Puts a body of `setup(ctx)` in place and turns the plugin on; gives what enabling answered. */
  enter(body: string): Promise<Awaited<ReturnType<TestPlatform['console']>>>;
  leave(): Promise<void>;
  /** Whether the neighbour answers right. */
  neighbourAnswers(): Promise<boolean>;
  stop(): Promise<void>;
}

const open = `permission: 'hostile:read', summary: 'x', response: true`;
const prelude = `
const route = (ctx, path, handler) => ctx.http.route({ method: 'GET', path, ${open}, handler });
`;

/** Starts one; both plugins run isolated, from the same kind of package. */
export async function openArena(): Promise<Arena> {
  const folder = await mkdtemp(join(tmpdir(), 'containr-hostile-'));
  await chmod(folder, 0o755);
  await write(
    folder,
    'neighbour',
    `route(ctx, '/neighbours/{n}', async ({ params }) => ({ n: Number(params.n) * 2 }));`,
  );
  await write(folder, 'hostile', '');
  const packages = await Promise.all(
    ['neighbour', 'hostile'].map((name) => readPlugin(join(folder, name), 'isolated')),
  );
  const test = await startTestPlatform({ plugins: packages, drainMs: 300 });
  let asked = 0;
  return {
    test,
    async enter(body) {
      await test.console('/plugins/hostile/disable', { method: 'POST' });
      await write(folder, 'hostile', body);
      return test.console('/plugins/hostile/enable', { method: 'POST' });
    },
    leave: async () => void (await test.console('/plugins/hostile/disable', { method: 'POST' })),
    async neighbourAnswers() {
      asked += 1;
      const answer = await test.console(`/neighbours/${asked}`);
      return answer.status === 200 && answer.field('n') === asked * 2;
    },
    async stop() {
      await test.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function write(folder: string, name: string, body: string): Promise<void> {
  const directory = join(folder, name);
  await mkdir(directory, { recursive: true });
  const manifest = {
    name: `@example/plugin-${name}`,
    version: '1.0.0',
    type: 'module',
    exports: './plugin.js',
    containr: {
      displayName: name,
      requires: {},
      permissions: { [`${name}:read`]: 'Read' },
      segments: [`${name}s`],
      ...(name === 'hostile' ? { ui: './ui.js' } : {}),
    },
  };
  await writeFile(join(directory, 'addon.node'), 'not even one');
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(directory, 'plugin.js'), `${prelude}\nexport default { async setup(ctx) {\n${body}\n} };\n`);
}
