import { askedVersion, at, textOf } from './asked-version.ts';
import { looseJson } from './manifest.ts';
import type { OutlineContext, OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';

/** Deno programs. */
export const deno: OutlineProvider = {
  name: 'deno',
  detect: ({ source }) => ['deno.json', 'deno.jsonc'].find((name) => source.has(name)) ?? null,
  outline(context) {
    const { source, dialect } = context;
    const config = source.has('deno.json') ? 'deno.json' : 'deno.jsonc';
    const task = textOf(at(looseJson(source, config), 'tasks')['start']);
    const file = mainFile(context);
    const start =
      task !== null && (dialect === 'nixpacks' || file === null)
        ? task
        : file === null
          ? null
          : `deno run --allow-all ${file}`;
    return outlineOf('deno', {
      tools: [{ tool: 'deno', request: askedVersion(context, 'deno') }],
      build: file === null ? [] : [`deno cache ${file}`],
      start,
      variables: { DENO_DIR: '/app/.deno' },
      why: [{ what: `start: ${start ?? 'not known'}`, from: file ?? config }],
    });
  },
};

function mainFile({ source }: OutlineContext): string | null {
  const named = ['ts', 'js', 'mjs', 'mts'].map((ending) => `main.${ending}`).find((name) => source.has(name));
  const folders = ['.', 'src', ...source.list().filter((name) => source.hasFolder(name))].slice(0, 50);
  const found = folders.flatMap((folder) =>
    source
      .list(folder)
      .slice(0, 200)
      .filter((name) => /\.[mc]?[jt]sx?$/.test(name) && !/[._]test\./.test(name))
      .map((name) => (folder === '.' ? name : `${folder}/${name}`)),
  );
  return named ?? found[0] ?? null;
}
