import { Inspection } from '@containr/sdk/host';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { HalfOnNode, Plugin } from '../plugin-document.ts';
import { showInspection } from '../plugin-inspection.ts';
import { grantCommands } from './plugin-grants.ts';
import { packageCommands } from './plugin-packages.ts';

/** `plugins`, `plugins inspect`, `plugins enable`, `plugins disable`, and those that install and remove. */
export function pluginCommands(host: CommandHost): void {
  const { program, output, run, options } = host;
  const plugins = program
    .command('plugins')
    .description('list plugins and their state')
    .action(() =>
      run(async () => {
        const items = await (await openApi(options())).all('/plugins', Plugin);
        output.table(
          items,
          {
            PLUGIN: (item) => item.name,
            STATE: (item) => item.state,
            TRUST: (item) => item.trust,
            VERSION: (item) => item.version,
            NAME: (item) => item.displayName,
          },
          'No plugin is installed.',
        );
      }),
    );
  plugins
    .command('inspect')
    .argument('<name>')
    .description('what a plugin owns, does and touches now')
    .action((name: string) =>
      run(async () => {
        const api = await openApi(options());
        const at = { params: { name } };
        showInspection(
          output,
          await api.get('/plugins/{name}/inspect', Inspection, at),
          await api.get('/plugins/{name}', Plugin, at),
          await api.all('/plugins/{name}/nodes', HalfOnNode, at),
        );
      }),
    );
  packageCommands(plugins, host);
  grantCommands(plugins, host);
  for (const verb of ['enable', 'disable'] as const) {
    plugins
      .command(verb)
      .argument('<name>')
      .description(`${verb} a plugin, at once`)
      .action((name: string) =>
        run(async () => {
          const api = await openApi(options());
          const answer = await api.post(`/plugins/{name}/${verb}`, true, { params: { name } });
          output.value(answer, `${name} is ${verb}d.`);
        }),
      );
  }
}
