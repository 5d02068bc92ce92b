import type { Database } from '@containr/data';
import type { Check } from './health-routes.ts';
import type { Lifecycle } from './lifecycle.ts';

/** Gives `null`, or why something is not there. */
export interface Reason {
  (): Promise<string | null>;
  /** Whether nothing works without it; `true` unless told. */
  readonly vital?: boolean;
}

/** Asks the database the least that there is. */
export async function ping({ pool }: Database): Promise<string | null> {
  try {
    await pool.query('select 1');
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Everything that `/readyz` tells: what is vital, then the plugins that are to be on. */
export async function runChecks(
  checks: ReadonlyMap<string, Reason>,
  lifecycle: Lifecycle | null,
): Promise<readonly Check[]> {
  const vital = await Promise.all(
    [...checks].map(async ([name, check]) => {
      const reason = await check();
      return { name, ok: reason === null, reason, vital: check.vital ?? true };
    }),
  );
  const plugins = (lifecycle?.entries ?? []).filter((entry) => entry.desired || entry.problem);
  return [
    ...vital,
    ...plugins.map(({ package: { name }, state, cause }) => ({
      name: `plugin ${name}`,
      ok: state === 'active',
      reason: state === 'active' ? null : (cause?.message ?? state),
      vital: false,
    })),
  ];
}
