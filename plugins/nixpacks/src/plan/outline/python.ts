import { askedVersion, at, textOf, tomlOf, versionLine } from './asked-version.ts';
import type { OutlineContext, OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';

const mains = ['main.py', 'app.py', 'bot.py', 'hello.py', 'server.py'];
const signs = [
  'requirements.txt',
  'pyproject.toml',
  'Pipfile',
  'manage.py',
  'uv.lock',
  'poetry.lock',
  'pdm.lock',
  ...mains,
];

/** Python applications by pip, uv, Poetry, PDM and Pipenv; Django, FastAPI, FastHTML and Flask by their packages. */
export const python: OutlineProvider = {
  name: 'python',
  detect: ({ source }) => signs.find((name) => source.has(name)) ?? null,
  outline(context) {
    const { source } = context;
    const said = ['requirements.txt', 'pyproject.toml', 'Pipfile']
      .map((file) => source.text(file) ?? '')
      .join('\n')
      .toLowerCase();
    const uses = (name: string): boolean => new RegExp(`(^|[^\\w-])${name}($|[^\\w-])`, 'm').test(said);
    const manager = managerOf(context);
    const start = startOf(context, uses);
    const pipfile = source.text('Pipfile') ?? '';
    return outlineOf('python', {
      tools: [
        {
          tool: 'python',
          request: askedVersion(context, 'python', [
            [versionLine(source, '.python-version'), '.python-version'],
            [versionLine(source, 'runtime.txt')?.replace(/^python-/, ''), 'runtime.txt'],
            [/python_(?:full_)?version\s*=\s*['"]([\d.]+)/.exec(pipfile)?.[1], 'Pipfile'],
            [
              textOf(at(tomlOf(source, 'pyproject.toml'), 'project')['requires-python']),
              'requires-python in pyproject.toml',
            ],
          ]),
        },
        ...(manager.tool === 'pip' ? [] : [{ tool: manager.tool, request: askedVersion(context, manager.tool) }]),
      ],
      packages: [
        ...(uses('psycopg2') ? ['build-essential', 'libpq-dev'] : []),
        ...(uses('psycopg') && !/psycopg\[[^\]]*binary/.test(said) ? ['libpq5'] : []),
        ...(uses('mysqlclient') ? ['build-essential', 'pkg-config', 'default-libmysqlclient-dev'] : []),
        ...(uses('pdf2image') ? ['poppler-utils'] : []),
        ...(uses('pydub') ? ['ffmpeg'] : []),
      ],
      install: manager.install,
      build: manager.build,
      start: start?.command ?? null,
      variables: {
        PYTHONUNBUFFERED: '1',
        PYTHONFAULTHANDLER: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        PIP_DISABLE_PIP_VERSION_CHECK: '1',
      },
      caches: [manager.tool === 'uv' ? '/root/.cache/uv' : '/root/.cache/pip'],
      why: [
        { what: `${manager.tool} installs packages`, from: manager.from },
        ...(start ? [{ what: `start: ${start.command}`, from: start.from }] : []),
      ],
    });
  },
};

function managerOf({ source, dialect }: OutlineContext): {
  tool: string;
  install: readonly string[];
  build: readonly string[];
  from: string;
} {
  const project = tomlOf(source, 'pyproject.toml');
  const packaged = ['project', 'build-system'].some((table) => Object.keys(at(project, table)).length > 0);
  const named = (tool: string): string | null =>
    source.has(`${tool}.lock`)
      ? `${tool}.lock`
      : Object.keys(at(project, 'tool', tool)).length > 0 && source.has('pyproject.toml')
        ? `tool.${tool} in pyproject.toml`
        : null;
  const nix = dialect === 'nixpacks';
  const venv = 'python -m venv /app/.venv';
  if (source.has('requirements.txt'))
    return { tool: 'pip', install: [venv, 'pip install -r requirements.txt'], build: [], from: 'requirements.txt' };
  if (named('uv') !== null) {
    const locked = source.has('uv.lock') ? '--locked ' : '';
    return nix
      ? { tool: 'uv', install: ['uv sync --no-dev --frozen'], build: [], from: named('uv') ?? '' }
      : {
          tool: 'uv',
          install: [`uv sync ${locked}--no-dev --no-install-project`],
          build: [`uv sync ${locked}--no-dev --no-editable`],
          from: named('uv') ?? '',
        };
  }
  if (named('poetry') !== null)
    return {
      tool: 'poetry',
      install: ['poetry install --no-interaction --no-ansi --only main --no-root'],
      build: [],
      from: named('poetry') ?? '',
    };
  if (named('pdm') !== null)
    return { tool: 'pdm', install: ['pdm install --check --prod --no-editable'], build: [], from: named('pdm') ?? '' };
  if (source.has('Pipfile'))
    return {
      tool: 'pipenv',
      install: [source.has('Pipfile.lock') ? 'pipenv install --deploy --ignore-pipfile' : 'pipenv install --skip-lock'],
      build: [],
      from: source.has('Pipfile.lock') ? 'Pipfile.lock' : 'Pipfile',
    };
  if (packaged) return { tool: 'pip', install: [venv, 'pip install .'], build: [], from: 'pyproject.toml' };
  return { tool: 'pip', install: [], build: [], from: 'nothing names a package' };
}

function startOf(context: OutlineContext, uses: (name: string) => boolean): { command: string; from: string } | null {
  const { source } = context;
  if (source.has('manage.py')) {
    const wsgi = djangoApplication(context);
    if (wsgi !== null)
      return {
        command: `python manage.py migrate && gunicorn --bind 0.0.0.0:\${PORT:-8000} ${wsgi}`,
        from: 'manage.py, and WSGI_APPLICATION in the settings',
      };
    return { command: 'python manage.py runserver 0.0.0.0:${PORT:-8000}', from: 'manage.py' };
  }
  const file = mains.find((name) => source.has(name));
  if (file !== undefined) {
    const target = `${file.slice(0, -3)}:app`;
    const text = source.text(file) ?? '';
    const imports = (name: string): boolean => new RegExp(`^[ \\t]*(?:from|import)\\s+${name}\\b`, 'm').test(text);
    const served = /^[ \t]*uvicorn\.run\(|^[ \t]*serve\(\)/m.test(text);
    if (!served && (uses('fastapi') || uses('python-fasthtml') || imports('fastapi') || imports('fasthtml')))
      return {
        command: `uvicorn ${target} --host 0.0.0.0 --port \${PORT:-8000}`,
        from: `${file}, and its web framework`,
      };
    if ((uses('flask') || imports('flask')) && uses('gunicorn'))
      return { command: `gunicorn --bind 0.0.0.0:\${PORT:-8000} ${target}`, from: `${file}, flask and gunicorn` };
    return { command: `python ${file}`, from: `${file} is there` };
  }
  const script = Object.keys(at(tomlOf(source, 'pyproject.toml'), 'project', 'scripts'))[0];
  if (script !== undefined) return { command: script, from: 'project.scripts in pyproject.toml' };
  const module = source.list().find((name) => source.has(`${name}/__main__.py`));
  return module === undefined ? null : { command: `python -m ${module}`, from: `${module}/__main__.py` };
}

function djangoApplication({ source, variables }: OutlineContext): string | null {
  const asked = variables['RAILPACK_DJANGO_APP_NAME'];
  if (asked) return asked;
  for (const folder of source.list()) {
    const files = source.has(`${folder}/settings.py`)
      ? [`${folder}/settings.py`]
      : source.hasFolder(`${folder}/settings`)
        ? source
            .list(`${folder}/settings`)
            .slice(0, 20)
            .map((name) => `${folder}/settings/${name}`)
        : [];
    for (const file of files) {
      const found = /^WSGI_APPLICATION\s*=\s*["']([\w.]+)\.(\w+)["']/m.exec(source.text(file) ?? '');
      if (found) return `${found[1]}:${found[2]}`;
    }
    if (source.has(`${folder}/wsgi.py`)) return `${folder}.wsgi:application`;
  }
  return null;
}
