export * from './service-registry.ts';
