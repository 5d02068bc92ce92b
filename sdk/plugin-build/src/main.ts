import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isContainrError } from '@containr/sdk';
import { buildPlugin } from './build-plugin.ts';
import { packFolder } from './pack-folder.ts';
import { readPluginFolder } from './plugin-folder.ts';

const usage = 'Usage: containr-plugin build | pack   in the folder of a plugin\n';

/** The command `containr-plugin`. Resolves with the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function main(argv: readonly string[], folder: string): Promise<number> {
  const [command, ...rest] = argv;
  if ((command !== 'build' && command !== 'pack') || rest.length > 0) {
    process.stderr.write(usage);
    return 2;
  }
  try {
    const plugin = await readPluginFolder(folder);
    const written = await buildPlugin(plugin);
    if (command === 'pack') {
      const file = `${plugin.package.replace(/^@/, '').replaceAll('/', '-')}-${plugin.version}.tgz`;
      await writeFile(join(plugin.directory, file), await packFolder(plugin));
      process.stdout.write(`${file}\n`);
    } else process.stdout.write(`${written.join('\n')}\n`);
    return 0;
  } catch (error) {
    const hint = isContainrError(error) && error.hint !== undefined ? `\n${error.hint}` : '';
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}\n`);
    return 1;
  }
}
