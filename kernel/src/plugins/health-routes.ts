import type { PluginContext } from '@containr/sdk';

/** One thing that the platform needs, and why it is not there. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly reason: string | null;
  /** Without it nothing works; the rest is told, but does not make the platform unready. */
  readonly vital: boolean;
}

/** Registers `/healthz` and `/readyz`, outside the API. */
export function registerHealthRoutes(http: PluginContext['http'], checks: () => Promise<readonly Check[]>): void {
  const base = { methods: ['GET'], root: true, public: true, accepts: [], maxBytes: 0 } as const;
  http.raw({
    ...base,
    path: '/healthz',
    summary: 'The process answers',
    handler: async () => Response.json({ ok: true }),
  });
  http.raw({
    ...base,
    path: '/readyz',
    summary: 'What the platform needs, with a reason for what is missing',
    handler: async () => {
      const all = await checks();
      const ready = all.every((check) => check.ok || !check.vital);
      return Response.json(
        { ready, checks: all.map(({ name, ok, reason }) => ({ name, ok, reason })) },
        { status: ready ? 200 : 503 },
      );
    },
  });
}
