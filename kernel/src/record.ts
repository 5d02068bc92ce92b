import { openAnswers, openAudit } from '@containr/data';
import type { Audit } from '@containr/data';
import type { MountOptions } from '@containr/http';

/** What is kept of requests: the audit log, and answers by idempotency key. */
export interface Record {
  readonly audit: Audit;
  /** Has a mount keep both. */
  readonly mount: MountOptions;
  stop(): Promise<void>;
}

/** Opens what is kept of requests. */
export async function openRecord(use: Parameters<typeof openAudit>[0]): Promise<Record> {
  const audit = await openAudit(use);
  const answers = openAnswers(use);
  return {
    audit,
    mount: { onAnswered: (answered) => audit.answered(answered), idempotency: answers },
    stop() {
      answers.stop();
      return audit.stop();
    },
  };
}
