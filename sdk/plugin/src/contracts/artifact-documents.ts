import type { Infer } from '../schema.ts';
import { defineSchema } from '../schema.ts';
import { Artifact } from './runtime-documents.ts';

const ApiPath = defineSchema({ type: 'string', pattern: '^/api/v1/' });
const Sha256 = defineSchema({ type: 'string', pattern: '^[0-9a-f]{64}$' });

/** An artifact to be packed and sent to an API path, below which it is kept by its content. */
export const ArtifactOrder = defineSchema({
  type: 'object',
  properties: { artifact: Artifact, to: ApiPath },
  required: ['artifact', 'to'],
  additionalProperties: false,
});
export type ArtifactOrder = Infer<typeof ArtifactOrder>;

/** What an artifact became to travel: a file, named by its content. */
export const PackedArtifact = defineSchema({
  type: 'object',
  properties: { sha256: Sha256, sizeBytes: { type: 'integer', minimum: 0 } },
  required: ['sha256', 'sizeBytes'],
  additionalProperties: false,
});
export type PackedArtifact = Infer<typeof PackedArtifact>;

/** An artifact to be fetched from below an API path and unpacked. */
export const ImportOrder = defineSchema({
  type: 'object',
  properties: { artifact: Artifact, from: ApiPath, sha256: Sha256 },
  required: ['artifact', 'from', 'sha256'],
  additionalProperties: false,
});
export type ImportOrder = Infer<typeof ImportOrder>;
