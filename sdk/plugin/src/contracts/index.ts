export * from './builder.ts';
export * from './identity.ts';
export * from './ingress.ts';
export * from './runtime.ts';
