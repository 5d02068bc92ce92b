import type { Step } from '../model.ts';
import type { Call } from '../packages.ts';
import { callsOf, isUnknown, mounted, removes, reportOpen } from '../packages.ts';
import type { Report, Rule } from '../rule.ts';
import { insertion, stepRule } from '../rule.ts';

/** How a package manager is called. */
interface Manager {
  readonly programs: RegExp;
  /** Options that take the next word. */
  readonly valued: ReadonlySet<string>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const aptGet: Manager = {
  programs: /^apt-get$/,
  valued: words('-o --option -c --config-file -t --target-release --default-release -a --host-architecture -P'),
};
const apk: Manager = {
  programs: /^apk$/,
  valued: words(
    '-t --virtual -X --repository -p --root --repositories-file --keys-dir --arch --wait --cache-dir --cache-max-age',
  ),
};
const yum: Manager = {
  programs: /^yum$/,
  valued: words(
    '-c --config -d -e -R -x --exclude --installroot --enablerepo --disablerepo --releasever --setopt --repo --repoid',
  ),
};
const dnf: Manager = { programs: /^(?:dnf5?|microdnf)$/, valued: yum.valued };
const zypper: Manager = {
  programs: /^zypper$/,
  valued: words('-R --root -c --config -r --repo --from -t --type -C --cache-dir --plus-repo -p --name'),
};

const rpmInstall = /^(?:in|install|groupinstall|localinstall)$/;
const rpmChange =
  /^(?:in|install|group(?:install|update)|localinstall|up|update|upgrade|upgrade-minimal|up-min|update-minimal|reinstall|rei|distro-sync|dsync|downgrade|dg|swap)$/;
const zypperInstall = /^(?:in|install)$/;
const zypperChange = /^(?:in|install|rm|remove|si|source-install|patch|up|update|dup|dist-upgrade)$/;

function each(manager: Manager, verbs: RegExp, look: (call: Call, step: Step, report: Report) => void) {
  return (step: Step, report: Report): void => {
    for (const call of callsOf(step, manager.programs, manager.valued))
      if (verbs.test(call.verb)) look(call, step, report);
  };
}

/** Rule: packages carry a version. */
function pinned(id: string, manager: Manager, verbs: RegExp, fixed: (name: string) => boolean, example: string): Rule {
  return stepRule(
    id,
    'warning',
    each(manager, verbs, ({ packages }, _step, report) => {
      const open = packages.filter((word) => !isUnknown(word) && !fixed(word.value));
      reportOpen(open, example, report);
    }),
  );
}

/** Rule: nobody is there to answer a question. */
function unattended(id: string, manager: Manager, verbs: RegExp, says: (call: Call) => boolean): Rule {
  return stepRule(
    id,
    'warning',
    each(manager, verbs, (call, _step, report) => {
      if (!says(call))
        report(
          call.command,
          `${call.command.name} asks before it goes on, and nobody can answer in a build. Add -y.`,
          insertion('Add -y', call.verbWord.end, ' -y'),
        );
    }),
  );
}

/** Rule: the manager's cache does not stay in the layer. */
function cleaned(
  id: string,
  manager: Manager,
  verbs: RegExp,
  clean: RegExp,
  folder: RegExp,
  command: (name: string) => string,
): Rule {
  return stepRule(id, 'warning', (step, report) => {
    if (mounted(step, folder)) return;
    const calls = callsOf(step, manager.programs, manager.valued);
    const last = calls.findLast(({ verb }) => verbs.test(verb));
    if (!last || removes(step, folder, last.command.end)) return;
    if (calls.some((call) => call.command.start > last.command.start && clean.test(call.verb))) return;
    const text = command(last.command.name);
    report(
      last.command,
      `What ${last.command.name} downloads stays in the layer. Add "${text}" to the same RUN.`,
      insertion(`Add ${text}`, last.command.end, ` && ${text}`),
    );
  });
}

const optionYes =
  (...names: readonly string[]) =>
  ({ options }: Call): boolean =>
    options.has(...names);

function aptYes({ options: { given, has } }: Call): boolean {
  const quiet = given.filter(([name, value]) => (name === '-q' || name === '--quiet') && value === null).length;
  return (
    has('-y', '--yes', '--assume-yes', '-qq', '--assume-no') ||
    quiet > 1 ||
    given.some(([name, value]) => (name === '-q' || name === '--quiet') && Number(value ?? 0) > 1) ||
    given.some(([name, value]) => setsOption(name) && /^APT::Get::Assume-Yes=["']?(?:true|1|yes)/i.test(value ?? ''))
  );
}

const setsOption = (name: string): boolean => name === '-o' || name === '--option';

function withoutRecommended({ options: { given, has } }: Call): boolean {
  return (
    has('--no-install-recommends') ||
    given.some(([name, value]) => setsOption(name) && /^APT::Install-Recommends=["']?(?:false|0|no)/i.test(value ?? ''))
  );
}

/** `name-1.2`, `name-$VERSION`, a file or an address. */
const rpmFixed = (name: string): boolean => /-(?:\d|\$)/.test(name) || /\.rpm$|\/|^@/.test(name);

/** The verb after `module` or `group` is the one that counts. */
function nested(call: Call, word: string): Call | null {
  const [verbWord, ...packages] = call.packages;
  return call.verb === word && verbWord && rpmInstall.test(verbWord.value)
    ? { ...call, verb: verbWord.value, verbWord, packages }
    : null;
}

function rpmPinned(id: string, manager: Manager): Rule {
  return stepRule(id, 'warning', (step, report) => {
    for (const call of callsOf(step, manager.programs, manager.valued)) {
      const module = nested(call, 'module');
      if (module) {
        const open = module.packages.filter((word) => !isUnknown(word) && !word.value.includes(':'));
        reportOpen(open, 'name:stream', report);
      } else if (/^(?:in|install|localinstall)$/.test(call.verb)) {
        reportOpen(
          call.packages.filter((word) => !isUnknown(word) && !rpmFixed(word.value)),
          'name-version',
          report,
        );
      }
    }
  });
}

const rpmFolder = /^\/var\/cache\/(?:yum|dnf|libdnf5)(?:\/|$)/;

/** Rules about the package managers of distributions. */
export const packageRules: readonly Rule[] = [
  pinned('DL3008', aptGet, /^install$/, (name) => /[=/]|\.deb$/.test(name), 'package=version'),
  unattended('DL3014', aptGet, /^install$/, aptYes),
  stepRule(
    'DL3015',
    'info',
    each(aptGet, /^install$/, (call, _step, report) => {
      if (!withoutRecommended(call))
        report(
          call.command,
          'Packages that are merely recommended are installed too.',
          insertion('Add --no-install-recommends', call.verbWord.end, ' --no-install-recommends'),
        );
    }),
  ),
  pinned('DL3018', apk, /^add$/, (name) => /[=~<>]|\.apk$|^\.?\//.test(name), 'package=version'),
  stepRule(
    'DL3019',
    'info',
    each(apk, /^add$/, (call, step, report) => {
      const folder = /^\/(?:var\/cache|etc)\/apk(?:\/|$)/;
      if (call.options.has('--no-cache') || mounted(step, folder) || removes(step, folder, call.command.end)) return;
      report(
        call.command,
        'The index of packages stays in the layer. Add --no-cache.',
        insertion('Add --no-cache', call.verbWord.end, ' --no-cache'),
      );
    }),
  ),
  stepRule('DL3027', 'warning', ({ commands }, report) => {
    for (const { name, nameWord } of commands)
      if (name === 'apt')
        report(
          nameWord,
          'apt is made for people at a terminal; its options may change. Use apt-get or apt-cache.',
          nameWord.value === 'apt' && nameWord.end - nameWord.start === 3
            ? insertion('Use apt-get', nameWord.end, '-get')
            : undefined,
        );
  }),
  unattended('DL3030', yum, rpmInstall, optionYes('-y', '--assumeyes')),
  cleaned('DL3032', yum, rpmChange, /^clean$/, rpmFolder, () => 'yum clean all'),
  rpmPinned('DL3033', yum),
  unattended('DL3034', zypper, zypperChange, optionYes('-y', '-n', '--no-confirm', '--non-interactive')),
  stepRule(
    'DL3035',
    'warning',
    each(zypper, /^(?:dup|dist-upgrade)$/, ({ command }, _step, report) => {
      report(
        command,
        'An upgrade of the whole distribution makes another system of the base image. Choose a newer base.',
      );
    }),
  ),
  cleaned('DL3036', zypper, zypperInstall, /^(?:clean|cc)$/, /^\/var\/cache\/zypp(?:\/|$)/, () => 'zypper clean'),
  pinned('DL3037', zypper, zypperInstall, (name) => /[=<>]|\.rpm$/.test(name), 'package=version'),
  unattended('DL3038', dnf, rpmInstall, optionYes('-y', '--assumeyes')),
  cleaned('DL3040', dnf, rpmChange, /^clean$/, rpmFolder, (name) => `${name} clean all`),
  rpmPinned('DL3041', dnf),
];
