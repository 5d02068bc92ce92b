import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { UiList } from '@containr/sdk/ui';
import type { ServedFile } from './files.ts';
import { buildStamp, readFiles } from './files.ts';
import { sendPage } from './page.ts';

/** A plugin that is on and may have a browser half; `directory` is its package folder. */
export interface UiPlugin {
  readonly name: string;
  readonly displayName: string;
  readonly version: string;
  readonly directory: string;
}

/** Serves the dashboard and the browser halves of plugins. */
export interface UiHost {
  /** Answers GET and HEAD of everything outside the API: files by their exact name, the page for the rest. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** The browser halves that are there now. */
  list(): UiList;
}

interface Bundle {
  readonly stamp: string;
  readonly files: ReadonlyMap<string, ServedFile>;
}

/** Makes the host of the dashboard. `plugins` is asked at every request, so that a switched-off plugin's files are gone at once. */
export function createUiHost(options: { shellDirectory: string; plugins: () => readonly UiPlugin[] }): UiHost {
  const bundles = new Map<string, Bundle>();

  function bundle(directory: string, entry: string): Bundle | null {
    const stamp = buildStamp(directory, entry);
    if (stamp === null) return null;
    const known = bundles.get(directory);
    if (known?.stamp === stamp) return known;
    const fresh = { stamp, files: readFiles(directory) };
    bundles.set(directory, fresh);
    return fresh;
  }

  function pluginBundle(plugin: UiPlugin): { base: string; files: ReadonlyMap<string, ServedFile> } | null {
    const found = bundle(join(plugin.directory, 'dist', 'ui'), 'index.js');
    const entry = found?.files.get('index.js');
    if (!found || !entry) return null;
    const styles = found.files.get('index.css')?.hash ?? '';
    return { base: `/plugin-ui/${plugin.name}/${entry.hash}${styles}`, files: found.files };
  }

  function pluginFile(path: string): ServedFile | undefined {
    for (const plugin of options.plugins()) {
      const found = path.startsWith(`/plugin-ui/${plugin.name}/`) ? pluginBundle(plugin) : null;
      if (found && path.startsWith(`${found.base}/`)) return found.files.get(path.slice(found.base.length + 1));
    }
    return undefined;
  }

  return {
    async serve(request, response) {
      secure(response);
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return end(response, 405, 'Only GET and HEAD.', { allow: 'GET, HEAD' });
      const head = request.method === 'HEAD';
      const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
      const shell = bundle(options.shellDirectory, 'index.html');
      if (path.startsWith('/plugin-ui/')) return sendFile(request, response, pluginFile(path), true);
      const file = path === '/index.html' ? undefined : shell?.files.get(path.slice(1));
      if (file) return sendFile(request, response, file, path.startsWith('/assets/'));
      if (path.startsWith('/assets/')) return sendFile(request, response, undefined, false);
      sendPage(response, shell?.files.get('index.html')?.content.toString('utf8') ?? null, head);
    },
    list() {
      const plugins: UiList['plugins'] = [];
      for (const { name, displayName, version, ...rest } of options.plugins()) {
        const found = pluginBundle({ name, displayName, version, ...rest });
        if (!found) continue;
        const styles = found.files.has('index.css') ? [`${found.base}/index.css`] : [];
        plugins.push({ name, displayName, version, module: `${found.base}/index.js`, styles });
      }
      return { plugins };
    },
  };
}

function secure(response: ServerResponse): void {
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'same-origin');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: ServedFile | undefined,
  immutable: boolean,
): void {
  if (!file)
    return end(response, 404, 'There is no such file; it may belong to an older build. Reload the page.', {
      'cache-control': 'no-store',
    });
  const etag = `"${file.hash}"`;
  response.setHeader('etag', etag);
  response.setHeader('vary', 'accept-encoding');
  response.setHeader('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (request.headers['if-none-match']?.split(/,\s*/).includes(etag)) return end(response, 304, '', {});
  const zipped =
    file.gzip && /\bgzip\b(?!\s*;\s*q=0(?:\.0+)?\b)/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = zipped && file.gzip ? file.gzip : file.content;
  if (zipped) response.setHeader('content-encoding', 'gzip');
  response.setHeader('content-type', file.type);
  response.setHeader('content-length', body.length);
  response.end(request.method === 'HEAD' ? undefined : body);
}

function end(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>>): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (text) response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(text);
}
