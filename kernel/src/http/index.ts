export type { Authenticate } from './access.ts';
export type { Claims, Declared } from './declared.ts';
export { Gateway } from './gateway.ts';
export { buildMount } from './mount.ts';
export type { Mount } from './mount.ts';
export { openApiOf } from './openapi.ts';
export type { RequestContext } from './request-context.ts';
