export * from './half-status.ts';
export * from './control-proof.ts';
export * from './join-token.ts';
export * from './meet-control-plane.ts';
export * from './protocol.ts';
export * from './wire.ts';
