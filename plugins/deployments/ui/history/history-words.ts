import type { Comparison } from '../../src/history/documents.ts';

/** Whether and how a version can be started again. */
export const wayWords: Readonly<Record<NonNullable<Comparison['way']>['artifact'], string>> = {
  ready: 'Its artifact is ready on its node, so nothing is built.',
  gone: 'A clean-up removed its artifact; its source is still there and is built again.',
  lost: 'Its artifact and its source are gone, so it can not be started again.',
  unknown: 'Its node does not answer, so it is not known whether its artifact is still there.',
};
