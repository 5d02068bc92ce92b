import { discover } from '@containr/kernel';
import { fileURLToPath } from 'node:url';
import type { ContributionPoint } from '@containr/inspection';
import { startTestPlatform } from '@containr/testing';

const folder = fileURLToPath(new URL('../../plugins/', import.meta.url));

/** What every first-party plugin registers, as a running install tells it. */
export async function contributionsNow(): Promise<readonly ContributionPoint[]> {
  const test = await startTestPlatform({ plugins: await discover(folder) });
  try {
    const { json } = await test.console('/contributions');
    return (json as { items: ContributionPoint[] }).items;
  } finally {
    await test.stop();
  }
}
