/** What belongs to a plugin: first segments of API paths, and of pages. */
export interface OwnPlaces {
  readonly segments: readonly string[];
  /** First segments of its pages in the dashboard. */
  readonly pages: ReadonlySet<string>;
  /** Whole paths beside them: its settings pages, its page under Plugins. */
  readonly paths: ReadonlySet<string>;
}

// What a server, a proxy or a URL parser may take for another path than the one that was checked.
const odd = /\\|%(?![0-9a-f]{2})|%(?:2e|2f|5c|25|0[0-9a-f]|1[0-9a-f]|7f)|\/\.{1,2}(?:\/|$)|\/\/|[^\x21-\x7e]/i;

/** The address of an API request of a frame; `null` when its path is not below one of the plugin's segments. */
export function ownRequest(path: string, segments: readonly string[], origin: string): URL | null {
  const [plain = ''] = path.split(/[?#]/, 1);
  if (path.includes('#') || odd.test(plain) || !plain.startsWith('/api/v1/')) return null;
  const url = parsed(path, origin);
  // The parser has to see the very path that was checked.
  if (!url || url.origin !== origin || url.pathname !== plain) return null;
  return segments.includes(plain.split('/')[3] ?? '') ? url : null;
}

/** The path of a page that a frame may open; `null` when it is not one of the plugin's own. */
export function ownPage(to: string, places: OwnPlaces, origin: string): string | null {
  const url = to.startsWith('/') ? parsed(to, origin) : null;
  if (!url || url.origin !== origin || odd.test(url.pathname)) return null;
  const isOwn = places.pages.has(url.pathname.split('/')[1] ?? '') || places.paths.has(url.pathname);
  return isOwn ? `${url.pathname}${url.search}${url.hash}` : null;
}

function parsed(path: string, origin: string): URL | null {
  return URL.canParse(path, origin) ? new URL(path, origin) : null;
}
