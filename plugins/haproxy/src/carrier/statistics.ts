import type { RuntimeApi } from './runtime-api.ts';

/** What HAProxy counts of one server. */
export interface ServerCount {
  readonly backend: string;
  readonly server: string;
  /** Requests and sockets that it carries or that wait for it. */
  readonly open: number;
  /** No request goes to it any more. */
  readonly isLeaving: boolean;
}

/** Reads the counts of all servers, or of those of one backend. */
export async function readServers(api: RuntimeApi, backend = '-1'): Promise<readonly ServerCount[]> {
  const [head = '', ...rows] = (await api.ask(`show stat ${backend} 4 -1`)).trim().split('\n');
  const names = head.replace(/^# /, '').split(',');
  const [queued, carried, status] = ['qcur', 'scur', 'status'].map((name) => names.indexOf(name));
  return rows.flatMap((row) => {
    const [proxy, server, ...more] = row.split(',');
    const at = (place: number | undefined): string => more[(place ?? 0) - 2] ?? '';
    if (proxy === undefined || server === undefined) return [];
    return [
      {
        backend: proxy,
        server,
        open: Number(at(queued)) + Number(at(carried)),
        isLeaving: /^(DRAIN|MAINT)/.test(at(status)),
      },
    ];
  });
}
