import { parse } from 'yaml';
import { at, textOf } from './asked-version.ts';
import { configurationText } from './configuration-text.ts';
import type { OutlineContext, OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';
import { serveSite } from './serve-site.ts';

/** Folders of files. */
export const staticfile: OutlineProvider = {
  name: 'static',
  detect: (context) => rootOf(context)?.from ?? null,
  outline(context) {
    const root = rootOf(context) ?? { folder: '.', from: 'the service is a static site' };
    return outlineOf('static', {
      start: serveSite(context, root.folder).command,
      staticRoot: root.folder,
      why: [{ what: `serve ${root.folder === '.' ? 'the folder' : root.folder} as a static site`, from: root.from }],
    });
  },
};

function rootOf({ source, variables }: OutlineContext): { folder: string; from: string } | null {
  const asked = variables['RAILPACK_STATIC_FILE_ROOT'];
  if (asked) return { folder: asked, from: 'the variable RAILPACK_STATIC_FILE_ROOT' };
  if (source.has('Staticfile')) {
    const named = namedRoot(configurationText(source, 'Staticfile') ?? '');
    return named && source.hasFolder(named)
      ? { folder: named, from: 'root in the Staticfile' }
      : { folder: '.', from: 'a Staticfile is there' };
  }
  if (source.has('index.html')) return { folder: '.', from: 'index.html is there' };
  return source.has('public/index.html') ? { folder: 'public', from: 'public/index.html is there' } : null;
}

function namedRoot(text: string): string | null {
  try {
    return textOf(at(parse(text, { maxAliasCount: 100 }))['root']);
  } catch {
    return null;
  }
}
