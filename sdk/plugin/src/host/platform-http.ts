import type { PluginContext } from '../context.ts';
import type { Access, RequestInfo } from '../http.ts';
import type { Owned } from '../scope.ts';

/** An answer that is no JSON document of the API. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | NodeJS.ReadableStream;
}

/** A GET that reads nothing of its request but path and query. Path below `/api/v1`, or below a claimed root with `root: true`. */
export type PlainOptions = Access & {
  readonly path: `/${string}`;
  readonly root?: boolean;
  readonly summary: string;
  handler(info: RequestInfo & { params: Readonly<Record<string, string>> }): Promise<PlainAnswer>;
};

/**
 * What the platform itself answers with: what plugins have, and `plain`. Web requests and answers load a client for HTTP into
 * the process, some 14 MB with its files; what agents and monitors ask of an idle control plane does without.
 */
export interface PlatformHttp extends Pick<PluginContext['http'], 'route' | 'raw' | 'events' | 'socket' | 'origin'> {
  plain(options: PlainOptions): Owned;
}
