import { at, textOf, tomlOf } from './asked-version.ts';
import { looseJson } from './manifest.ts';
import type { Dialect, Outline, OutlineContext } from './outline.ts';

/** What a source's own configuration says about its plan; `null` and absent leave the provider's decision. */
export interface Configuration {
  readonly provider: string | null;
  readonly install: readonly string[] | null;
  readonly build: readonly string[] | null;
  readonly start: string | null;
  readonly packages: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly from: string;
}

/** Stands in a list of commands for those of the provider. */
const others = '...';

/** Configurations in the order in which they win, the strongest last: files, then variables. */
export function configurationsOf(context: OutlineContext): readonly Configuration[] {
  const { source } = context;
  const file = context.variables['NIXPACKS_CONFIG_FILE'] ?? 'nixpacks.toml';
  return [
    ...(source.has(file) ? [nixpacksFile(context, file)] : []),
    ...(source.has('railpack.json') ? [railpackFile(context)] : []),
    ...(source.has('containr.json') ? [ownFile(context)] : []),
    ...(['NIXPACKS', 'RAILPACK'] as const).map((prefix) => fromVariables(context, prefix)),
  ];
}

/** Whose defaults a source or its variables ask for; railpack's without a sign. */
export function dialectOf(context: Omit<OutlineContext, 'dialect' | 'caddy'>): Dialect {
  const asked = (prefix: string): boolean => Object.keys(context.variables).some((name) => name.startsWith(prefix));
  const railpack = asked('RAILPACK_') || context.source.has('railpack.json');
  return !railpack && (asked('NIXPACKS_') || context.source.has('nixpacks.toml')) ? 'nixpacks' : 'railpack';
}

/** What a configuration may change, of an outline or of what is made of it. */
export type Configurable = Pick<
  Outline,
  'install' | 'build' | 'start' | 'staticRoot' | 'packages' | 'variables' | 'why'
>;

/** An outline with what a configuration says, and where it said so. */
export function configured<T extends Configurable>(outline: T, said: Configuration): T {
  const commands = (own: readonly string[], asked: readonly string[] | null): readonly string[] =>
    asked === null ? own : asked.flatMap((command) => (command === others ? own : [command]));
  const install = commands(outline.install, said.install);
  const build = commands(outline.build, said.build);
  const changed = [
    ...(said.install === null ? [] : [`install: ${install.join(' && ') || 'nothing'}`]),
    ...(said.build === null ? [] : [`build: ${build.join(' && ') || 'nothing'}`]),
    ...(said.start === null ? [] : [`start: ${said.start}`]),
    ...said.packages.map((name) => `system package ${name}`),
    ...Object.keys(said.variables).map((name) => `variable ${name}`),
  ];
  return {
    ...outline,
    install,
    build,
    start: said.start ?? outline.start,
    staticRoot: said.start === null ? outline.staticRoot : null,
    packages: [...new Set([...outline.packages, ...said.packages])],
    variables: { ...outline.variables, ...said.variables },
    why: [...outline.why, ...changed.map((what) => ({ what, from: said.from }))],
  };
}

function nixpacksFile({ source }: OutlineContext, file: string): Configuration {
  const document = tomlOf(source, file);
  const commands = (phase: string): readonly string[] | null => texts(at(document, 'phases', phase)['cmds']);
  const packages = ['setup', 'install', 'build'].flatMap(
    (phase) => texts(at(document, 'phases', phase)['aptPkgs']) ?? [],
  );
  return {
    provider: texts(document['providers'])?.find((name) => name !== others) ?? null,
    install: commands('install'),
    build: commands('build'),
    start: textOf(at(document, 'start')['cmd']),
    packages: packages.filter((name) => name !== others),
    variables: strings(document['variables']),
    from: file,
  };
}

function railpackFile({ source }: OutlineContext): Configuration {
  const document = looseJson(source, 'railpack.json');
  const commands = (step: string): readonly string[] | null => {
    const said = at(document, 'steps', step)['commands'];
    if (!Array.isArray(said)) return null;
    return said.flatMap((command: unknown) => {
      const text = textOf(command) ?? textOf(at(command)['cmd']);
      return text === null ? [] : [text];
    });
  };
  const packages = [
    ...(texts(document['buildAptPackages']) ?? []),
    ...(texts(at(document, 'deploy')['aptPackages']) ?? []),
  ];
  return {
    provider: textOf(document['provider']),
    install: commands('install'),
    build: commands('build'),
    start: textOf(at(document, 'deploy')['startCommand']),
    packages: packages.filter((name) => name !== others),
    variables: strings(at(document, 'deploy')['variables']),
    from: 'railpack.json',
  };
}

function ownFile({ source }: OutlineContext): Configuration {
  const document = looseJson(source, 'containr.json');
  const one = (value: unknown): readonly string[] | null => texts(typeof value === 'string' ? [value] : value);
  return {
    provider: textOf(document['provider']),
    install: one(document['install']),
    build: one(document['build']),
    start: textOf(document['start']),
    packages: texts(document['packages']) ?? [],
    variables: strings(document['variables']),
    from: 'containr.json',
  };
}

function fromVariables({ variables }: OutlineContext, prefix: 'NIXPACKS' | 'RAILPACK'): Configuration {
  const command = (name: string): readonly string[] | null => {
    const said = variables[`${prefix}_${name}_CMD`];
    return said === undefined ? null : said.trim() === '' ? [] : [said];
  };
  const words = (name: string): readonly string[] =>
    (variables[`${prefix}_${name}`] ?? '').split(/[\s,]+/).filter((word) => word !== '');
  return {
    provider: null,
    install: command('INSTALL'),
    build: command('BUILD'),
    start: variables[`${prefix}_START_CMD`] || null,
    packages: [...words('APT_PKGS'), ...words('BUILD_APT_PACKAGES'), ...words('DEPLOY_APT_PACKAGES')],
    variables: {},
    from: `the variables ${prefix}_*`,
  };
}

function texts(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : null;
}

function strings(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(at(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
