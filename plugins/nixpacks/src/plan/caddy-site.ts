import type { RuntimeEntry } from '../contract.ts';
import type { Draft } from './draft.ts';

const file = '.containr/Caddyfile';

/**
 * A site served by Caddy instead of this plugin's own static server: its image runs, with no Node in it.
 * `fallback`: unknown paths give the site's first page, as applications that route in the browser need it.
 */
export function servedByCaddy(draft: Draft, caddy: RuntimeEntry, start: string, fallback: boolean): Draft {
  const root = draft.staticRoot ?? '.';
  const builds = draft.install.length > 0 || draft.build.length > 0;
  return {
    ...draft,
    runtime: {
      ...draft.runtime,
      image: builds ? draft.runtime.image : caddy.image,
      runImage: caddy.runImage ?? caddy.image,
      toolchain: null,
    },
    start: `exec ${start}`,
    path: [],
    files: { [file]: caddyfile(root, fallback) },
    rootFiles: { [/--config (\S+)/.exec(start)?.[1] ?? '/Caddyfile']: file },
    plainPrograms: ['/usr/bin/caddy'],
    why: [...draft.why, { what: `Caddy ${caddy.version} serves the files`, from: 'caddy in the runtime catalogue' }],
  };
}

/** Hidden files stay hidden, but for `/.well-known/`. */
function caddyfile(root: string, fallback: boolean): string {
  const folder = root === '.' ? '/app' : `/app/${root}`;
  return `{
	admin off
	auto_https off
}

:{$PORT:80} {
	root * ${JSON.stringify(folder)}
	encode gzip
	@hidden {
		path */.*
		not path /.well-known/*
	}
	respond @hidden 404
	try_files {path} {path}.html {path}/index.html${fallback ? ' /index.html' : ''}
	file_server
}
`;
}
