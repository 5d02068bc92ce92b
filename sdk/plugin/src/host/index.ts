export * from './exec.ts';
export * from './log.ts';
export * from './redactor.ts';
export * from './validate.ts';
export * from './keyset.ts';
export * from './unpack-archive.ts';
export * from './listening-sockets.ts';
export * from './meter.ts';
