import { chooseVersion } from '../choose-version.ts';
import type { Provider } from '../provider.ts';
import type { SourceTree } from '../source-tree.ts';
import { staticServe } from '../static-site.ts';

/** Folders of files: an index.html, or what a Staticfile names. */
export const staticProvider: Provider = {
  name: 'static',
  detect: (source) => rootOf(source)?.from ?? null,
  plan(source, options) {
    const root = rootOf(source) ?? { folder: '.', from: 'the service is a static site' };
    const version = chooseVersion(options.catalogue, 'node', null, options.runtime);
    const serve = staticServe(root.folder);
    return {
      provider: 'static',
      tool: 'node',
      runtime: version.entry,
      versionFrom: 'what serves the files',
      manifests: [],
      install: [],
      build: [],
      prune: [],
      start: serve.start,
      staticRoot: root.folder,
      port: null,
      variables: {},
      caches: [],
      files: serve.files,
      path: [],
      why: [{ what: `serve ${root.folder === '.' ? 'the folder' : root.folder} as a static site`, from: root.from }],
    };
  },
};

function rootOf(source: SourceTree): { folder: string; from: string } | null {
  const named = /^root:\s*([\w./-]+)\s*$/m.exec(source.text('Staticfile') ?? '')?.[1];
  if (named && source.hasFolder(named)) return { folder: named, from: 'root in the Staticfile' };
  if (source.has('Staticfile')) return { folder: '.', from: 'a Staticfile is there' };
  if (source.has('index.html')) return { folder: '.', from: 'index.html is there' };
  if (source.has('public/index.html')) return { folder: 'public', from: 'public/index.html is there' };
  return null;
}
