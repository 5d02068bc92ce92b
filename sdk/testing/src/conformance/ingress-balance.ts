import type { Balance } from '@containr/sdk/contracts';
import { expect } from 'chai';
import { it } from 'mocha';
import type { IngressBench } from './ingress-bench.ts';
import { appHost, routeTo } from './ingress-bench.ts';

/** How replicas are chosen. */
export function defineBalance(ingress: () => IngressBench): void {
  async function spread(balance: Balance, times: number): Promise<number[]> {
    const names = ['a', 'b', 'c', 'd'];
    const upstreams = await Promise.all(names.map((name) => ingress().named(name)));
    await ingress().apply([routeTo(appHost, upstreams, { balance })]);
    const counts = new Map<string, number>();
    for (let at = 0; at < times; at++) {
      const { body } = await ingress().ask('/');
      counts.set(body, (counts.get(body) ?? 0) + 1);
    }
    return names.map((name) => counts.get(name) ?? 0);
  }

  it('in turn: each as often as the others', async () => {
    for (const count of await spread('round-robin', 40)) expect(count).to.be.within(9, 11);
  });

  it('by connections: not to the one that is busy', async () => {
    let release = (): void => undefined;
    const busy = await ingress().replica((_request, response) => void (release = () => response.end('busy')));
    const idle = await ingress().named('idle');
    await ingress().apply([routeTo(appHost, [busy.upstream, idle], { balance: 'least-connections' })]);
    const waiting: Promise<unknown>[] = [];
    // Both are idle at first: whoever comes to the busy one stays there.
    for (let at = 0; at < 4; at++) {
      const asked = ingress().ask('/');
      waiting.push(asked);
      await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 300))]);
    }
    for (let at = 0; at < 10; at++) expect((await ingress().ask('/')).body).to.equal('idle');
    release();
    await Promise.all(waiting);
  });

  it('by address: a visitor keeps its replica', async () => {
    const counts = await spread('ip-hash', 20);
    expect(counts.filter((count) => count > 0)).to.deep.equal([20]);
  });

  it('at random: to all of them', async () => {
    const counts = await spread('random', 120);
    expect(Math.min(...counts), counts.join(' ')).to.be.greaterThan(5);
  });
}
