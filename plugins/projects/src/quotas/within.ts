import type { UnitOfWork } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { Quota } from '../entities/quota.entity.ts';
import type { Use } from './use.ts';
import { useOf } from './use.ts';

const words: Readonly<Record<keyof Use, (amount: number) => string>> = {
  projects: (amount) => `${amount} projects`,
  services: (amount) => `${amount} services`,
  replicas: (amount) => `${amount} replicas`,
  cpu: (amount) => `${Number(amount.toFixed(2))} cores`,
  memoryBytes: (amount) => `${Math.round(amount / 1_048_576)} MiB of memory`,
};

/**
 * Makes a change of projects or services, which is undone with its transaction when it takes an organisation over its quota. What
 * takes less than before is never refused. Throws `QUOTA_EXCEEDED`.
 */
export async function withinQuota<T>(unit: UnitOfWork, organisation: string, change: () => Promise<T>): Promise<T> {
  const { em } = unit;
  const quota = await em.findOne(Quota, { organisation });
  if (!quota || Object.keys(quota.limits).length === 0) return change();
  await em
    .getConnection()
    .execute(
      'select pg_advisory_xact_lock(hashtextextended(?, 15))',
      [organisation],
      'all',
      em.getTransactionContext(),
    );
  const before = await useOf(em, organisation);
  const result = await change();
  await em.flush();
  const after = await useOf(em, organisation);
  for (const resource of Object.keys(words) as (keyof Use)[]) {
    const limit = quota.limits[resource];
    if (limit === undefined || after[resource] <= limit || after[resource] <= before[resource]) continue;
    throw new ContainrError({
      code: 'QUOTA_EXCEEDED',
      status: 409,
      detail: `The organisation may have ${words[resource](limit)}, has ${words[resource](before[resource])}, and this would make it ${words[resource](after[resource])}.`,
      hint: 'Make room first, or ask who runs this install for a larger quota.',
    });
  }
  return result;
}
