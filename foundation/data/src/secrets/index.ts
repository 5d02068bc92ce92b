export { openKeyRing } from './key-ring.ts';
export type { KeyRing } from './key-ring.ts';
