import type { Isolation } from '@containr/cell';
import { PluginEnded, showIsolation } from '@containr/cell';
import { ContainrError, isContainrError } from '@containr/sdk';
import type { HalfStatus } from '@containr/sdk/wire';

/** How a half does, as the control plane is told. */
export function statusOf(
  { plugin, version }: { readonly plugin: string; readonly version: string },
  state: HalfStatus['state'],
  cause: ContainrError | null,
  isolation: Isolation | null,
): HalfStatus {
  const ended = cause instanceof PluginEnded ? cause : null;
  return {
    plugin,
    version,
    state,
    cause: cause && {
      code: cause.code,
      detail: cause.message,
      hint: cause.hint ?? '',
      endedAt: ended?.at.toISOString() ?? null,
      containedMs: ended?.containedMs ?? null,
    },
    isolation: showIsolation(isolation),
  };
}

/** Why a half could not be loaded. */
export function failureOf(error: unknown): ContainrError {
  if (isContainrError(error)) return error;
  return new ContainrError({
    code: 'AGENT_HALF_FAILED',
    status: 500,
    detail: error instanceof Error ? error.message : String(error),
    hint: 'Read the log of the agent on that node.',
    cause: error,
  });
}
