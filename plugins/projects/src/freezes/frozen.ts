import type { EntityManager } from '@mikro-orm/core';
import type { FreezeDocument, Frozen } from '../contract.ts';
import { Environment } from '../entities/environment.entity.ts';
import { Freeze } from '../entities/freeze.entity.ts';
import { frozenBy, openUntil, opensAfter } from './window.ts';

/** What keeps an environment from changing at a moment; `null` when nothing does, or it is not there. */
export async function frozenNow(em: EntityManager, environment: string, at: Date): Promise<Frozen | null> {
  const windows = await em.find(Freeze, { environment });
  const frozen = windows.length === 0 ? null : frozenBy(windows, at);
  const of = frozen && (await em.findOne(Environment, { id: environment }));
  return (
    of && {
      environment: of.slug,
      windows: frozen.open.map((window) => window.name),
      until: frozen.until.toISOString(),
      rollback: frozen.open.every((window) => window.rollback),
    }
  );
}

/** A window as the API shows it at a moment. */
export function showFreeze(row: Freeze, at: Date): FreezeDocument {
  return {
    id: row.id,
    environment: row.environment,
    name: row.name,
    weekly: row.weekly,
    once: row.once,
    rollback: row.rollback,
    openUntil: openUntil(row, at)?.toISOString() ?? null,
    opensAt: opensAfter(row, at)?.toISOString() ?? null,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
