import type { Draft } from './draft.ts';
import type { Outline } from './outline/index.ts';

const managers: Readonly<Record<string, string>> = {
  uv: 'UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy',
  poetry: 'POETRY_VIRTUALENVS_IN_PROJECT=true',
  pdm: 'PDM_CHECK_UPDATE=false',
  pipenv: 'PIPENV_VENV_IN_PROJECT=1',
};

/** The manager of packages other than pip that a Python outline names, or `null`. */
export function pythonManager(outline: Outline): string | null {
  const second = outline.provider === 'python' ? outline.tools[1]?.tool : undefined;
  return second !== undefined && second in managers ? second : null;
}

/** Installs the manager beside the application, and by it the packages into the application's own environment. */
export function managedPython(draft: Draft, manager: string): Draft {
  const home = '/opt/containr-tools';
  const by = (command: string): string =>
    command.startsWith(`${manager} `) ? `${managers[manager] ?? ''} ${home}/bin/${command}` : command;
  return {
    ...draft,
    install: [`python3 -m venv ${home} && ${home}/bin/pip install ${manager}`, ...draft.install.map(by)],
    build: draft.build.map(by),
    path: ['.venv/bin'],
  };
}
