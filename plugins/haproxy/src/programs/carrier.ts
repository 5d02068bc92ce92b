import { fileURLToPath } from 'node:url';
import { ContainrError } from '@containr/sdk';
import { runIngress } from '@containr/sdk/ingress';
import { findEngine } from '../carrier/engine.ts';
import { HaproxyIngress } from '../carrier/haproxy-ingress.ts';

await runIngress(fileURLToPath(import.meta.url), async (start) => {
  const engine = await findEngine();
  if (typeof engine !== 'string') return new HaproxyIngress(start, engine);
  throw new ContainrError({
    code: 'HAPROXY_MISSING',
    status: 503,
    detail: engine,
    hint: 'Install HAProxy 2.6 or later on the node (Debian: apt-get install haproxy), or choose the built-in ingress.',
  });
});
