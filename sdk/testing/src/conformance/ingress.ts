import { after, before, describe } from 'mocha';
import { defineBalance } from './ingress-balance.ts';
import type { IngressSubject } from './ingress-bench.ts';
import { IngressBench } from './ingress-bench.ts';
import { defineRequests } from './ingress-requests.ts';
import { defineSecure } from './ingress-secure.ts';
import { defineSmuggling } from './ingress-smuggling.ts';
import { defineSwitches } from './ingress-switches.ts';

/**
 * What every ingress must do, whatever drives it. `open` gives a subject, or `null` where the driver can't work: the suite is
 * skipped then.
 *
 * @example ingressConformance('haproxy', () => openSubject());
 */
export function ingressConformance(driver: string, open: () => Promise<IngressSubject | null>): void {
  describe(`The contract of ingresses: ${driver}`, function () {
    this.timeout(60_000);
    let bench: IngressBench | null = null;

    before(async function () {
      const subject = await open();
      if (!subject) this.skip();
      bench = new IngressBench(subject);
    });
    after(async () => {
      bench?.end();
      await bench?.subject.remove();
    });

    function ingress(): IngressBench {
      if (!bench) throw new Error('There is no subject');
      return bench;
    }

    describe('requests', () => defineRequests(ingress));
    describe('requests that two servers could read in two ways', () => defineSmuggling(ingress));
    describe('switches', () => defineSwitches(ingress));
    describe('HTTPS, redirects, headers and passwords', () => defineSecure(ingress));
    describe('balance', () => defineBalance(ingress));
  });
}
