import type { TaskOutcome } from '@containr/sdk';
import { causeOf } from '../causes.ts';
import type { Cause } from '../contract.ts';

/** Subject of the task that runs a post-deploy command. */
export const postDeploySubject = 'post-deploy';

/** What is told of a post-deploy command that did not do its work; `null` when it did. */
export function postDeployNotice(outcome: TaskOutcome): Cause | null {
  if (outcome.status === 'done') {
    const { output } = outcome;
    const code: unknown = typeof output === 'object' && output !== null ? Reflect.get(output, 'exitCode') : null;
    return code === 0
      ? null
      : causeOf('POST_DEPLOY_FAILED', `The post-deploy command ended with exit code ${String(code)}.`);
  }
  if (outcome.status === 'failed') return causeOf('POST_DEPLOY_FAILED', outcome.detail, outcome.hint);
  const why = outcome.status === 'lost' ? 'was interrupted by a restart of the node’s agent' : 'was cancelled';
  return causeOf('POST_DEPLOY_FAILED', `The post-deploy command ${why}, and is not run twice.`);
}
