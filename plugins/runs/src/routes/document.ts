import type { RunDocument } from '../contract.ts';
import type { Run } from '../entities/run.entity.ts';

/** A run as the API shows it. */
export function documentOf(run: Run): RunDocument {
  return {
    id: run.id,
    service: run.service,
    environment: run.environment,
    project: run.project,
    deployment: run.deployment,
    deploymentNumber: run.deploymentNumber,
    trigger: run.trigger,
    command: run.command,
    status: run.status,
    exitCode: run.exitCode,
    reason: run.reason,
    scheduledFor: run.scheduledFor?.toISOString() ?? null,
    attached: run.attached,
    timeoutMs: run.timeoutMs,
    createdBy: run.createdBy,
    createdAt: run.createdAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    endedAt: run.endedAt?.toISOString() ?? null,
    durationMs: run.startedAt && run.endedAt ? Math.max(0, run.endedAt.getTime() - run.startedAt.getTime()) : null,
  };
}
