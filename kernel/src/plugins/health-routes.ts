import type { PlainAnswer, PlatformHttp } from '@containr/sdk/host';

/** One thing that the platform needs, and why it is not there. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly reason: string | null;
  /** Without it nothing works; the rest is told, but does not make the platform unready. */
  readonly vital: boolean;
}

/** Registers `/healthz` and `/readyz`, outside the API. */
export function registerHealthRoutes(http: PlatformHttp, checks: () => Promise<readonly Check[]>): void {
  http.plain({
    root: true,
    public: true,
    path: '/healthz',
    summary: 'The process answers',
    handler: async () => json(200, { ok: true }),
  });
  http.plain({
    root: true,
    public: true,
    path: '/readyz',
    summary: 'What the platform needs, with a reason for what is missing',
    handler: async () => {
      const all = await checks();
      const ready = all.every((check) => check.ok || !check.vital);
      return json(ready ? 200 : 503, { ready, checks: all.map(({ name, ok, reason }) => ({ name, ok, reason })) });
    },
  });
}

function json(status: number, body: object): PlainAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
