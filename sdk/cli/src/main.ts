import { Command, CommanderError } from 'commander';
import { accountCommands } from './commands/account.ts';
import { auditCommands } from './commands/audit.ts';
import { backupCommands } from './commands/backup.ts';
import { changeCommands } from './commands/changes.ts';
import { cleanUpCommands } from './commands/clean-up.ts';
import { deleteCommand } from './commands/delete.ts';
import { deployCommands, promoteCommand } from './commands/deploy.ts';
import { domainCommands } from './commands/domains.ts';
import { environmentCommands } from './commands/environments.ts';
import { historyCommands } from './commands/history.ts';
import { hookCommands } from './commands/hooks.ts';
import { jobsCommand } from './commands/jobs.ts';
import { keyCommands } from './commands/keys.ts';
import { lintCommand } from './commands/lint.ts';
import { logCommands } from './commands/logs.ts';
import { nodeCommands } from './commands/nodes.ts';
import { freezeCommands } from './commands/freezes.ts';
import { overrideCommand } from './commands/override.ts';
import { planCommand } from './commands/plan.ts';
import { pluginAuthorCommands } from './commands/plugin.ts';
import { pluginCommands } from './commands/plugins.ts';
import { projectCommands } from './commands/projects.ts';
import { queueCommand } from './commands/queue.ts';
import { quotaCommands } from './commands/quotas.ts';
import { restartCommand } from './commands/restart.ts';
import { runCommands } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';
import { userCommands } from './commands/users.ts';
import { variableCommands } from './commands/variables.ts';
import { endWhenNobodyReads } from './closed-pipe.ts';
import type { GlobalOptions } from './command.ts';
import { settingCommands } from './commands/settings.ts';
import { createOutput } from './output.ts';

/** Runs one command line; resolves with the exit code: 0 done, 1 refused or failed, 2 wrong usage. */
export async function main(argv: readonly string[]): Promise<number> {
  endWhenNobodyReads(process.stdout);
  const program = new Command('containr')
    .description('Deploy and watch services on a Containr install')
    .option('--json', 'answer in JSON, one document')
    .option('--origin <url>', 'the install, instead of the one signed in to')
    .option('--console', 'talk to the install on this machine as its console, without an account')
    .option('--data <dir>', 'data folder of that install; CONTAINR_DATA or the usual place without it')
    .option('--organisation <slug>', 'organisation to act in')
    .showHelpAfterError()
    .exitOverride();
  const output = createOutput(() => program.opts<{ json?: boolean }>().json === true);
  let code = 0;
  const run = (work: () => Promise<number | void>): Promise<void> =>
    work().then(
      (result) => void (code = result ?? 0),
      (error: unknown) => {
        output.fail(error);
        code = 1;
      },
    );
  const options = (): GlobalOptions => program.opts<GlobalOptions>();
  for (const add of [
    accountCommands,
    projectCommands,
    environmentCommands,
    domainCommands,
    deployCommands,
    promoteCommand,
    queueCommand,
    cleanUpCommands,
    quotaCommands,
    historyCommands,
    overrideCommand,
    freezeCommands,
    deleteCommand,
    logCommands,
    runCommands,
    lintCommand,
    pluginCommands,
    pluginAuthorCommands,
    hookCommands,
    jobsCommand,
    auditCommands,
    userCommands,
    statusCommand,
    nodeCommands,
    restartCommand,
    backupCommands,
    settingCommands,
    keyCommands,
    planCommand,
    variableCommands,
    changeCommands,
  ])
    add({ program, output, run, options });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  return code;
}
