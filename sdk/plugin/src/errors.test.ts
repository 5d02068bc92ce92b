import { expect } from 'chai';
import { defineErrors, isContainrError } from '@containr/sdk';

describe('a table of errors', () => {
  const errors = defineErrors({
    QUEUE_FULL: (queue: string, seconds: number) => ({
      status: 503,
      detail: `${queue} takes no more.`,
      hint: 'Try again in a moment.',
      retryAfterSeconds: seconds,
    }),
  });

  it('gives each error the code of its row, and the row what it names', () => {
    const error = errors.QUEUE_FULL('builds', 4);
    expect(isContainrError(error)).to.equal(true);
    expect(error).to.include({
      code: 'QUEUE_FULL',
      status: 503,
      message: 'builds takes no more.',
      hint: 'Try again in a moment.',
      retryAfterSeconds: 4,
    });
  });
});
