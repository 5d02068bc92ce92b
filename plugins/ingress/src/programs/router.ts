import { fileURLToPath } from 'node:url';
import { runIngress } from '@containr/sdk/ingress';
import { Router } from '../router/router.ts';

await runIngress(fileURLToPath(import.meta.url), (start) => new Router(start));
