export * from './hook-registry.ts';
export * from './slot.ts';
