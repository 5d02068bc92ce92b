import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { develop } from '../plugin-dev/develop.ts';

/** `plugin dev`: for who writes a plugin. */
export function pluginAuthorCommands({ program, output, run, options }: CommandHost): void {
  program
    .command('plugin')
    .description('write a plugin')
    .command('dev')
    .argument('[folder]', 'folder of the plugin', '.')
    .option('--trusted', 'run it in the control plane, with everything that Containr can do, instead of apart')
    .description('build on save, and replace the plugin in a running install')
    .action((folder: string, { trusted = false }: { trusted?: boolean }) =>
      run(async () => {
        const { client } = await openApi(options());
        const stop = new AbortController();
        const end = (): void => stop.abort();
        process.once('SIGINT', end).once('SIGTERM', end);
        try {
          await develop({ folder, client, output, trusted, signal: stop.signal });
        } finally {
          process.off('SIGINT', end).off('SIGTERM', end);
        }
      }),
    );
}
