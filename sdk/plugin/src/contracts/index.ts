export * from './artifact-documents.ts';
export * from './builder.ts';
export * from './check-documents.ts';
export * from './identity.ts';
export * from './ingress-capabilities.ts';
export * from './ingress.ts';
export {
  Artifact,
  BuildRequest,
  Command,
  Listener,
  ReplicaSpec,
  ReplicaState,
  RunRequest,
} from './runtime-documents.ts';
export * from './runtime.ts';
export * from './source.ts';
export * from './source-reader.ts';
