import type { CleanUpPreview, RemovalDocument } from '../../src/clean-up/documents.ts';

/** Why something goes. */
export const goesBecause: Readonly<Record<RemovalDocument['reason'], string>> = {
  age: 'Not used for longer than it is kept',
  count: 'The service has more than it may',
  budget: 'The disk budget would not hold',
  'service deleted': 'Its service is deleted',
};

/** Why something stays. */
export const staysBecause: Readonly<Record<CleanUpPreview['keeps'][number]['reason'], string>> = {
  serves: 'Serves now',
  'under way': 'A deployment is under way',
  pinned: 'Pinned',
  rollback: 'Ready for a rollback',
  recent: 'Used not long ago',
};

/** What it is, for people. */
export const kindNames: Readonly<Record<RemovalDocument['kind'], string>> = {
  artifact: 'Artifact',
  snapshot: 'Source',
};
