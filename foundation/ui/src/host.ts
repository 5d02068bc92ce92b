import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { UiList } from '@containr/sdk/ui';
import type { Bounds, ServedFile } from './files.ts';
import { buildStamp, isWithin, readFiles } from './files.ts';
import { frameTemplate, guardFramedFile, sendFrameDocument } from './frame-document.ts';
import { sendPage } from './page.ts';

/** A plugin that is on and may have a browser half; `directory` is its package folder. */
export interface UiPlugin {
  readonly name: string;
  readonly displayName: string;
  readonly version: string;
  readonly directory: string;
  /** Of a plugin that is not trusted: what its frames may call, know of and hear. `null`: its views are part of the dashboard. */
  readonly framed: Omit<NonNullable<UiList['plugins'][number]['framed']>, 'document'> | null;
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

interface PluginBundle {
  /** Path without a slash at its end; changes with the content. */
  readonly base: string;
  readonly files: ReadonlyMap<string, ServedFile>;
  readonly framed: boolean;
}

/** What one plugin that is not trusted may have held in memory. */
const framedBounds: Bounds = { files: 200, bytes: 8 * 1_048_576 };

/** Built pages: sent with a policy of their own, never as files. */
const pages: ReadonlySet<string> = new Set(['/index.html', `/${frameTemplate}`]);

/** Makes the host of the dashboard. `plugins` is asked at every request, so that a switched-off plugin's files are gone at once. */
export function createUiHost(options: { shellDirectory: string; plugins: () => readonly UiPlugin[] }): UiHost {
  const bundles = new Map<string, Bundle>();

  function bundle(directory: string, entry: string, bounds?: Bounds): Bundle | null {
    const stamp = buildStamp(directory, entry);
    if (stamp === null) return null;
    const known = bundles.get(directory);
    if (known?.stamp === stamp) return known;
    const fresh = { stamp, files: readFiles(directory, bounds) };
    bundles.set(directory, fresh);
    return fresh;
  }

  function pluginBundle({ name, directory, framed }: UiPlugin): PluginBundle | null {
    const folder = join(directory, 'dist', 'ui');
    const found = bundle(folder, 'index.js', framed ? framedBounds : undefined);
    const entry = found?.files.get('index.js');
    if (!found || !entry || !isWithin(folder, directory)) return null;
    const styles = found.files.get('index.css')?.hash ?? '';
    const base = `/${framed ? 'plugin-frame' : 'plugin-ui'}/${name}/${entry.hash}${styles}`;
    return { base, files: found.files, framed: framed !== null };
  }

  function bundleAt(path: string): PluginBundle | null {
    const name = path.split('/', 3)[2];
    const plugin = options.plugins().find((one) => one.name === name);
    const found = plugin ? pluginBundle(plugin) : null;
    return found && path.startsWith(`${found.base}/`) ? found : null;
  }

  function servePlugin(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    template: string | null,
  ): void {
    const found = bundleAt(path);
    // What is gone is told to a frame too.
    if (path.startsWith('/plugin-frame/')) response.setHeader('access-control-allow-origin', '*');
    const name = found ? path.slice(found.base.length + 1) : '';
    if (found?.framed !== true) return sendFile(request, response, found?.files.get(name), true);
    if (name === '') {
      if (template !== null) return sendFrameDocument(request, response, { template, base: found.base });
      return end(response, 503, 'The dashboard is not built.', { 'cache-control': 'no-store' });
    }
    if (guardFramedFile(request, response)) return sendFile(request, response, found.files.get(name), true);
    end(response, 403, 'What a plugin that is not trusted shows is loaded by its frames only.', {});
  }

  return {
    async serve(request, response) {
      secure(response);
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return end(response, 405, 'Only GET and HEAD.', { allow: 'GET, HEAD' });
      const head = request.method === 'HEAD';
      const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
      const shell = bundle(options.shellDirectory, 'index.html');
      const text = (name: string) => shell?.files.get(name)?.content.toString('utf8') ?? null;
      if (/^\/plugin-(?:ui|frame)\//.test(path)) return servePlugin(request, response, path, text(frameTemplate));
      const file = pages.has(path) ? undefined : shell?.files.get(path.slice(1));
      // Frames have no origin, so the shared modules are another site's to them.
      if (path.startsWith('/assets/')) response.setHeader('access-control-allow-origin', '*');
      if (file) return sendFile(request, response, file, path.startsWith('/assets/'));
      if (path.startsWith('/assets/')) return sendFile(request, response, undefined, false);
      sendPage(response, text('index.html'), head);
    },
    list() {
      const plugins: UiList['plugins'] = [];
      for (const plugin of options.plugins()) {
        const found = pluginBundle(plugin);
        if (!found) continue;
        const { name, displayName, version, framed } = plugin;
        const { base } = found;
        const styles = found.files.has('index.css') ? [`${base}/index.css`] : [];
        const one = { name, displayName, version, module: `${base}/index.js`, styles };
        plugins.push(framed ? { ...one, framed: { ...framed, document: `${base}/` } } : one);
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
