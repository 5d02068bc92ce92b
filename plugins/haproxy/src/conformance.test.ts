import { ingressConformance } from '@containr/testing/conformance';
import { HaproxyFixture } from '../test/haproxy-fixture.ts';

ingressConformance('haproxy', async () => {
  const fixture = await HaproxyFixture.create();
  if (!fixture) return null;
  return {
    port: fixture.port,
    tlsPort: fixture.tlsPort,
    apply: (table) => fixture.ingress.apply(table),
    certify: (set) => fixture.ingress.certify(set),
    inFlight: () => fixture.ingress.inFlight(),
    counts: () => fixture.ingress.counts(),
    restart: () => fixture.restart(),
    remove: () => fixture.remove(),
  };
});
