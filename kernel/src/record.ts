import { openAnswers, openAudit } from '@containr/data';
import type { Audit } from '@containr/data';
import type { MountOptions } from '@containr/http';
import type { Scope } from '@containr/sdk';

/** What is kept of requests: the audit log, and answers by idempotency key. */
export interface Record {
  readonly audit: Audit;
  /** Has a mount keep both. */
  readonly mount: MountOptions;
}

/** Opens what is kept of requests; the scope closes it. */
export async function openRecord(use: Parameters<typeof openAudit>[0], undo: Scope): Promise<Record> {
  const audit = await openAudit(use);
  const answers = openAnswers(use);
  undo.own('record of requests', () => {
    answers.stop();
    return audit.stop();
  });
  return { audit, mount: { onAnswered: (answered) => audit.answered(answered), idempotency: answers } };
}
