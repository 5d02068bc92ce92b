import type { Client, ItemOf } from '@containr/client';

type Listed = ItemOf<'/deployments'>;

const sharedMs = 1000;
const reads = new Map<string, { at: number; answer: Promise<readonly Listed[]> }>();

/** The newest deployments of an environment. Cards that ask within a second of each other share one request. */
export function latestDeployments(client: Client, environment: string): Promise<readonly Listed[]> {
  const known = reads.get(environment);
  if (known && Date.now() - known.at < sharedMs) return known.answer;
  const answer = client.call('GET', '/deployments', { query: { environment, limit: 100 } }).then((page) => page.items);
  reads.set(environment, { at: Date.now(), answer });
  answer.catch(() => reads.delete(environment));
  return answer;
}
