import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { Deployment } from '../documents.ts';

/** `override`: lets a deployment go on that a freeze window holds. */
export function overrideCommand({ program, output, run, options }: CommandHost): void {
  program
    .command('override')
    .argument('<deployment>', 'id of one that a freeze window holds; "containr queue" lists them')
    .requiredOption('--reason <text>', 'why it can not wait; kept with the deployment')
    .description('let a deployment go on that a freeze window holds')
    .action((id: string, { reason }: { reason: string }) =>
      run(async () => {
        const api = await openApi(options());
        const deployment = await api.post('/deployments/{id}/override', Deployment, {
          params: { id },
          body: { reason },
        });
        output.value(deployment, `Deployment #${deployment.number} goes on.`);
      }),
    );
}
