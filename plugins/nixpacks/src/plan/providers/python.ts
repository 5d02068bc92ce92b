import { parse } from 'smol-toml';
import type { VersionRequest } from '../choose-version.ts';
import { chooseVersion } from '../choose-version.ts';
import { planError } from '../plan-error.ts';
import { asOneProcess, readProcfile } from '../procfile.ts';
import type { Provider } from '../provider.ts';
import type { SourceTree } from '../source-tree.ts';

const signs = ['requirements.txt', 'pyproject.toml', 'manage.py', 'main.py', 'app.py'];

/** Python applications: pip with a virtual environment; Django, FastAPI and Flask by their packages. */
export const pythonProvider: Provider = {
  name: 'python',
  detect(source) {
    const sign = signs.find((name) => source.has(name));
    return sign ? `${sign} is there` : null;
  },
  plan(source, options) {
    const version = chooseVersion(
      options.catalogue,
      'python',
      pythonRequest(source, options.variables),
      options.runtime,
    );
    const packages = packagesOf(source);
    const requirements = /^[ \t]*[^#\s]/m.test(source.text('requirements.txt') ?? '');
    const project = source.has('pyproject.toml') && !requirements && packages.length > 0;
    const installer = requirements
      ? '.venv/bin/pip install -r requirements.txt'
      : project
        ? '.venv/bin/pip install .'
        : null;
    const start = startCommand(source, packages);
    return {
      provider: 'python',
      tool: 'python',
      runtime: version.entry,
      versionFrom: version.from,
      // A project is installed from its own sources, so these must be there first.
      manifests: project ? [] : ['requirements.txt'].filter((name) => source.has(name)),
      install: [`python3 -m venv ${installer ? '' : '--without-pip '}.venv`, ...(installer ? [installer] : [])],
      build: [],
      prune: [],
      start: start.command,
      staticRoot: null,
      port: null,
      variables: { PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' },
      caches: ['/root/.cache/pip'],
      files: {},
      path: ['.venv/bin'],
      why: [
        { what: `Python ${version.entry.version}`, from: version.from },
        {
          what: installer ? `install: ${installer}` : 'no packages to install',
          from: requirements
            ? 'requirements.txt'
            : project
              ? 'pyproject.toml'
              : 'neither requirements.txt nor pyproject.toml names one',
        },
        { what: `start: ${start.command}`, from: start.from },
      ],
    };
  },
};

function pythonRequest(source: SourceTree, variables: Readonly<Record<string, string>>): VersionRequest | null {
  const asked: readonly (readonly [string | undefined, string])[] = [
    [variables['NIXPACKS_PYTHON_VERSION'], 'the variable NIXPACKS_PYTHON_VERSION'],
    [/^python-(\d[\d.]*)/.exec(source.text('runtime.txt')?.trim() ?? '')?.[1], 'runtime.txt'],
    [/^(\d[\d.]*)/.exec(source.text('.python-version')?.trim() ?? '')?.[1], '.python-version'],
    [/^python\s+(\S+)/m.exec(source.text('.tool-versions') ?? '')?.[1], '.tool-versions'],
  ];
  for (const [version, from] of asked) if (version) return { range: minorOf(version), from };
  const required = text(table(toml(source), 'project')['requires-python']);
  return required
    ? {
        range: required
          .replace(/,/g, ' ')
          .replace(/~=\s*(\d+)\.(\d+)(\.\d+)?/g, '~$1.$2')
          .replace(/==/g, ''),
        from: 'requires-python in pyproject.toml',
      }
    : null;
}

/** Catalogues name minor versions by their first patch, so a patch of it is served by its minor. */
function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function packagesOf(source: SourceTree): readonly string[] {
  const lines = (source.text('requirements.txt') ?? '').split('\n');
  const declared = table(toml(source), 'project')['dependencies'];
  const all = [...lines, ...(Array.isArray(declared) ? declared.map(String) : [])];
  return all
    .map((line) => /^[ \t]*([A-Za-z0-9._-]+)/.exec(line)?.[1]?.toLowerCase() ?? '')
    .filter((name) => name !== '');
}

function startCommand(source: SourceTree, packages: readonly string[]): { command: string; from: string } {
  const web = readProcfile(source).get('web');
  if (web) return { command: asOneProcess(web), from: 'web in the Procfile' };
  const file = ['main.py', 'app.py', 'bot.py', 'hello.py', 'server.py'].find((name) => source.has(name));
  const module = file?.slice(0, -3) ?? 'main';
  const has = (name: string): boolean => packages.includes(name);
  if (source.has('manage.py')) {
    const wsgi = source.list().find((name) => source.has(`${name}/wsgi.py`));
    if (wsgi && has('gunicorn'))
      return {
        command: `exec gunicorn --bind 0.0.0.0:$PORT ${wsgi}.wsgi`,
        from: 'manage.py, and gunicorn among the packages',
      };
    return { command: 'exec python manage.py runserver 0.0.0.0:$PORT', from: 'manage.py' };
  }
  if (has('fastapi') && has('uvicorn'))
    return {
      command: `exec uvicorn ${module}:app --host 0.0.0.0 --port $PORT`,
      from: 'fastapi and uvicorn among the packages',
    };
  if (has('flask') && has('gunicorn'))
    return {
      command: `exec gunicorn --bind 0.0.0.0:$PORT ${module}:app`,
      from: 'flask and gunicorn among the packages',
    };
  if (has('flask'))
    return { command: `exec flask --app ${module} run --host 0.0.0.0 --port $PORT`, from: 'flask among the packages' };
  if (file) return { command: `exec python ${file}`, from: `${file} is there` };
  throw planError(
    'PLAN_NOT_FOUND',
    'This Python source has no Procfile, manage.py, main.py or app.py to start.',
    'Add a Procfile with a web line, or set the start command of the service.',
  );
}

function toml(source: SourceTree): Record<string, unknown> {
  const content = source.text('pyproject.toml');
  if (content === null) return {};
  try {
    return parse(content);
  } catch (error) {
    throw planError(
      'PLAN_NOT_FOUND',
      `pyproject.toml is not valid TOML: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}.`,
      'Correct pyproject.toml and deploy again.',
    );
  }
}

function table(document: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = document[name];
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
