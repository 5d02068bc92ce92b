import type { EntityManager } from '@mikro-orm/core';
import { LockMode } from '@mikro-orm/core';
import { notFound } from '@containr/sdk';
import type { EnvironmentDocument } from '../contract.ts';
import { Environment } from '../entities/environment.entity.ts';

/** An environment as the API shows it. */
export function showEnvironment(row: Environment): EnvironmentDocument {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    project: row.project,
    kind: row.kind,
    createdAt: row.createdAt.toISOString(),
  };
}

/** An environment of the caller's organisation, locked on demand. Throws `NOT_FOUND`. */
export async function findEnvironment(em: EntityManager, id: string, lock = false): Promise<Environment> {
  const row = await em.findOne(Environment, { id }, lock ? { lockMode: LockMode.PESSIMISTIC_WRITE } : {});
  if (!row) throw notFound('environment');
  return row;
}
