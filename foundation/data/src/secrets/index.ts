export { openKeyRing } from './key-ring.ts';
export type { KeyInfo, KeyRing } from './key-ring.ts';
