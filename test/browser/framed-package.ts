import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPlugin, readPluginFolder } from '@containr/plugin-build';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A folder for plugin packages that other users of the machine can read, with the modules that a registry would bring. */
export async function packageFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'containr-framed-'));
  await chmod(folder, 0o755);
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Builds one of the sample plugins in a folder; gives its own. */
export async function buildSample(name: string, folder: string): Promise<string> {
  await cp(join(root, 'samples/plugins', name), join(folder, name), { recursive: true });
  await buildPlugin(await readPluginFolder(join(folder, name)));
  return join(folder, name);
}

/** Writes a plugin whose two halves are given as they run: `setup(ctx)`'s body, and the browser module. */
export async function writePlugin(
  folder: string,
  plugin: {
    readonly name: string;
    readonly setup: string;
    readonly ui: string;
    readonly files?: Readonly<Record<string, string>>;
    /** What its manifest says besides. */
    readonly manifest?: Readonly<Record<string, unknown>>;
  },
): Promise<string> {
  const { name } = plugin;
  const directory = join(folder, name);
  await mkdir(join(directory, 'dist/ui'), { recursive: true });
  const containr = {
    displayName: name.charAt(0).toUpperCase() + name.slice(1),
    requires: {},
    permissions: { [`${name}:read`]: 'Read' },
    segments: [name],
    ui: './dist/ui/index.js',
    ...plugin.manifest,
  };
  const document = {
    name: `@example/plugin-${name}`,
    version: '1.0.0',
    type: 'module',
    exports: './plugin.js',
    containr,
  };
  await writeFile(join(directory, 'package.json'), JSON.stringify(document));
  await writeFile(join(directory, 'plugin.js'), `export default { async setup(ctx) {\n${plugin.setup}\n} };\n`);
  await writeFile(join(directory, 'dist/ui/index.js'), plugin.ui);
  for (const [file, text] of Object.entries(plugin.files ?? {}))
    await writeFile(join(directory, 'dist/ui', file), text);
  return directory;
}
