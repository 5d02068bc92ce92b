export * from './contract/changes.ts';
export * from './contract/deletion.ts';
export * from './contract/documents.ts';
export * from './contract/freezes.ts';
export * from './contract/quotas.ts';
export * from './contract/services.ts';
export * from './contract/spec.ts';
