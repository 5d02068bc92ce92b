import type { Rule } from '../rule.ts';
import { aptListRule } from './apt-lists.ts';
import { buildkitRules } from './buildkit.ts';
import { cacheRule } from './cache.ts';
import { commandRules } from './commands.ts';
import { fileRules } from './files.ts';
import { languageRules } from './languages.ts';
import { packageRules } from './packages.ts';
import { settingRules } from './settings.ts';
import { onceRules, stageRules } from './stages.ts';

/** Every rule. */
export const rules: readonly Rule[] = [
  ...stageRules,
  ...onceRules,
  ...fileRules,
  ...settingRules,
  aptListRule,
  ...packageRules,
  ...languageRules,
  ...commandRules,
  ...buildkitRules,
  cacheRule,
];
