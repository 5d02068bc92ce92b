import { describePlan } from '@containr/plugin-nixpacks/plan';
import { Option } from 'commander';
import type { CommandHost } from '../command.ts';

interface PlanFlags {
  readonly env: readonly string[];
  readonly like?: 'railpack' | 'nixpacks';
  readonly runtime: 'docker' | 'process';
}

/** `plan`: how a folder would be built, and where each decision comes from. No install is asked. */
export function planCommand({ program, output, run }: CommandHost): void {
  program
    .command('plan')
    .argument('[directory]', 'folder of the application', '.')
    .option(
      '--env <name=value>',
      'a build variable; may be given again',
      (pair, all: readonly string[]) => [...all, pair],
      [],
    )
    .addOption(new Option('--like <planner>', 'whose defaults hold').choices(['railpack', 'nixpacks']))
    .addOption(
      new Option('--runtime <name>', 'what it is to run on: their commands differ')
        .choices(['docker', 'process'])
        .default('docker'),
    )
    .description('how a folder would be built, and why; NIXPACKS_* and RAILPACK_* variables count')
    .action((directory: string, flags: PlanFlags) =>
      run(async () => {
        const plan = describePlan(directory, {
          variables: variablesOf(flags.env),
          dialect: flags.like,
          runtime: flags.runtime,
        });
        if (output.json) return output.value(plan, '');
        output.line(`${plan.provider}: ${plan.runtimes.map(({ tool, version }) => `${tool} ${version}`).join(', ')}`);
        for (const [name, commands] of [
          ['install', plan.install],
          ['build', plan.build],
          ['start', plan.start === null ? [] : [plan.start]],
        ] as const)
          for (const command of commands) output.line(`  ${name.padEnd(8)}${command}`);
        for (const { what, from } of plan.why) output.line(`  because ${from}: ${what}`);
        for (const tool of plan.missing) output.line(`The runtime catalogue has no image for ${tool}.`);
        const [here, other] = flags.runtime === 'docker' ? ['containers', 'process'] : ['processes', 'docker'];
        output.line(
          `This is the plan for ${here}; --runtime ${other} shows the other. Builders of plugins are not asked here.`,
        );
      }),
    );
}

/** Variables of the field's planners from the environment, then those that are given. */
function variablesOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  const planners = Object.entries(process.env).filter(
    (entry): entry is [string, string] => /^(NIXPACKS|RAILPACK)_/.test(entry[0]) && entry[1] !== undefined,
  );
  const given = pairs.map((pair) => {
    const at = pair.indexOf('=');
    return at < 0 ? ([pair, process.env[pair] ?? ''] as const) : ([pair.slice(0, at), pair.slice(at + 1)] as const);
  });
  return Object.fromEntries([...planners, ...given]);
}
