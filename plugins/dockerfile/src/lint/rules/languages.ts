import type { Step } from '../model.ts';
import type { Call } from '../packages.ts';
import { callsOf, isUnknown, mounted, removes, reportOpen } from '../packages.ts';
import type { Rule } from '../rule.ts';
import { insertion, mendable, stepRule } from '../rule.ts';
import type { Word } from '../syntax/words.ts';
import { builtStages } from './stages.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const pip = /^pip[0-9.]*$/;
const pipValued = words(
  '-r --requirement -c --constraint -e --editable -t --target --platform --python-version --implementation --abi --root --prefix -b --build --src --upgrade-strategy --install-option --global-option --no-binary --only-binary --progress-bar -i --index-url --extra-index-url -f --find-links --trusted-host --cert --client-cert --cache-dir --log --proxy --retries --timeout --exists-action --root-user-action -C --config-settings --report --use-feature --use-deprecated --python --group --keyring-provider',
);
const npmValued = words(
  '--loglevel --registry --prefix -C --cache --tag --omit --include --only -w --workspace --userconfig --globalconfig --otp --before --install-strategy --cpu --os --libc --script-shell --fetch-timeout --fetch-retries',
);
const gemValued = words(
  '-v --version -i --install-dir -n --bindir -s --source -P --trust-policy -p --http-proxy --platform --document --build-root --use-system-libraries --config-file -g --file --without --target-rbconfig -B --bulk-threshold',
);
const goValued = words(
  '-ldflags -tags -gcflags -asmflags -mod -modfile -o -p -exec -overlay -pgo -pkgdir -buildmode -compiler -C -toolexec -gccgoflags -installsuffix -coverpkg -covermode',
);

const unknownOr =
  (fixed: (name: string) => boolean) =>
  (word: Word): boolean =>
    isUnknown(word) || fixed(word.value);

/** Whether what pip is given has a version, or is no name from an index. */
function pipFixed(name: string): boolean {
  if (/^(?:git|hg|svn|bzr)\+/.test(name)) return name.lastIndexOf('@') > name.lastIndexOf('/');
  return /[=~!<>]=|[<>@]|===/.test(name) || /^\.|\/|\.whl$|\.zip$|\.tar\.\w+$/.test(name);
}

/** Whether what npm is given has a version, or is no name from a registry. */
function npmFixed(name: string): boolean {
  if (/^git(?:\+\w+)?:\/\/|^github:/.test(name)) return name.includes('#');
  if (/^(?:[./~]|https?:|file:)/.test(name) || /\.(?:tar|tgz|tar\.gz)$/.test(name)) return true;
  return name.lastIndexOf('@') > 0 || (!name.startsWith('@') && name.includes('/') && name.includes('#'));
}

function goFixed(name: string): boolean {
  const at = name.lastIndexOf('@');
  if (at >= 0) return name.slice(at + 1) !== 'latest';
  return /^\.{0,2}(?:\/|$)|^\.|\.go$/.test(name) || /^(?:std|cmd|all|tool|work)$/.test(name);
}

const isOff = (value: string): boolean => /^(?:|0|off|false|no)$/i.test(value);

/** Whether PIP_NO_CACHE_DIR holds for a call: from ENV, before the command, or exported earlier in its RUN. */
function cacheOff({ command, options }: Call, step: Step, environment: string | undefined): boolean {
  if (options.has('--no-cache-dir', '--no-cache')) return true;
  if (environment !== undefined && !isOff(environment)) return true;
  const exported = step.commands
    .filter(({ name, start }) => name === 'export' && start < command.start)
    .flatMap(({ args }) => args);
  return [...command.assignments, ...exported].some(
    ({ value }) => value.startsWith('PIP_NO_CACHE_DIR=') && !isOff(value.slice('PIP_NO_CACHE_DIR='.length)),
  );
}

/** Rules about pip, npm, yarn, gem and go. */
export const languageRules: readonly Rule[] = [
  stepRule('DL3013', 'warning', (step, report) => {
    for (const { verb, packages, options } of callsOf(step, pip, pipValued)) {
      if (verb !== 'install' || options.has('-r', '--requirement', '-c', '--constraint')) continue;
      reportOpen(
        packages.filter((word) => !unknownOr(pipFixed)(word)),
        'package==version',
        report,
      );
    }
  }),
  stepRule('DL3042', 'warning', (step, report) => {
    for (const call of callsOf(step, pip, pipValued)) {
      if (call.verb !== 'install' || cacheOff(call, step, step.pipNoCache)) continue;
      if (mounted(step, /\/\.cache(?:\/pip)?$|^\$\{?PIP_CACHE_DIR/)) continue;
      if (removes(step, /\/\.cache(?:\/pip)?(?:\/|$)/, call.command.end)) continue;
      report(
        call.command,
        'What pip downloads stays in the layer. Add --no-cache-dir, or mount a cache.',
        insertion('Add --no-cache-dir', call.verbWord.end, ' --no-cache-dir'),
      );
    }
  }),
  stepRule('DL3016', 'warning', (step, report) => {
    for (const { verb, packages } of callsOf(step, /^npm$/, npmValued))
      if (/^(?:install|i|in|add)$/.test(verb))
        reportOpen(
          packages.filter((word) => !unknownOr(npmFixed)(word)),
          'package@version',
          report,
        );
  }),
  stepRule('DL3028', 'warning', (step, report) => {
    for (const { verb, packages, options } of callsOf(step, /^gem$/, gemValued))
      if (/^(?:install|i)$/.test(verb) && !options.has('-v', '--version'))
        reportOpen(
          packages.filter((word) => !unknownOr((name) => name.includes(':') || name.endsWith('.gem'))(word)),
          'gem:version',
          report,
        );
  }),
  {
    id: 'DL3060',
    severity: 'info',
    check: ({ steps, stages }, report) => {
      const built = builtStages(stages);
      for (const step of steps) {
        const calls = callsOf(
          step,
          /^(?:yarn|yarnpkg)$/,
          words('--cwd --cache-folder --registry --network-timeout --modules-folder'),
        );
        const last = calls.findLast(({ verb }) => verb === 'install');
        if (!last || mounted(step, /\/\.cache(?:\/yarn.*)?$|\/\.yarn(?:\/.*)?$|\/yarn$/) || !built.has(step.stage))
          continue;
        const { end } = last.command;
        if (
          calls.some(
            ({ command, verb, packages }) => command.start > end && verb === 'cache' && packages[0]?.value === 'clean',
          )
        )
          continue;
        if (removes(step, /\/\.cache(?:\/|$)|\/\.yarn(?:\/|$)/, end)) continue;
        mendable(step, report)(
          last.command,
          'What yarn downloads stays in the layer. Add "yarn cache clean" to the same RUN, or mount a cache.',
          insertion('Add yarn cache clean', end, ' && yarn cache clean'),
        );
      }
    },
  },
  stepRule('DL3062', 'warning', (step, report) => {
    for (const { verb, packages } of callsOf(step, /^go$/, goValued)) {
      const named = verb === 'run' ? packages.slice(0, 1) : verb === 'install' || verb === 'get' ? packages : [];
      reportOpen(
        named.filter((word) => !unknownOr(goFixed)(word)),
        'package@version',
        report,
      );
    }
  }),
];
