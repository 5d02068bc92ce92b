import { callsOf, mounted, removes } from '../packages.ts';
import type { Rule } from '../rule.ts';
import { insertion } from '../rule.ts';
import { builtStages } from './stages.ts';

const lists = /^\/var\/lib\/apt(?:\/lists)?(?:\/|$)/;

/** DL3009: the lists of apt are removed in the layer that fetched them. */
export const aptListRule: Rule = {
  id: 'DL3009',
  severity: 'info',
  check: ({ stages }, report) => {
    for (const stage of builtStages(stages)) {
      // Debian's images remove downloaded packages by this file; without it the cache needs a mount too.
      let keepsPackages = false;
      for (const step of stage.steps) {
        keepsPackages ||= step.commands.some(
          ({ name, args }) => name === 'rm' && args.some(({ value }) => value.endsWith('/docker-clean')),
        );
        const update = callsOf(step, /^(?:apt|apt-get|aptitude)$/, new Set(['-o', '-c', '-t']))
          .filter(({ verb }) => verb === 'update')
          .at(-1);
        if (!update) continue;
        if (removes(step, lists, update.command.end)) continue;
        if (mounted(step, lists) && (!keepsPackages || mounted(step, /^\/var\/cache\/apt$/))) continue;
        // The outermost of the last: a command in a substitution ends before the one that it is part of.
        const end = step.commands.reduce((most, command) => Math.max(most, command.end), 0);
        const fix = !step.json ? insertion('Remove the lists', end, ' && rm -rf /var/lib/apt/lists/*') : undefined;
        report(
          update.command,
          'The lists of packages stay in the layer. Remove /var/lib/apt/lists/* in the same RUN, or mount a cache.',
          fix,
        );
      }
    }
  },
};
