import { ContainrError } from '@containr/sdk';

/** The other side is no more. */
export function gone(): ContainrError {
  return new ContainrError({
    code: 'PLUGIN_GONE',
    status: 503,
    detail: 'The process of the plugin ended before it answered.',
    hint: 'Try again in a moment; the plugins page says why it ended.',
    retryAfterSeconds: 1,
  });
}

/** What the other side sent can’t be read. */
export function broken(): ContainrError {
  return new ContainrError({
    code: 'PLUGIN_MESSAGE',
    status: 502,
    detail: 'The plugin sent a message that is refused.',
    hint: 'This is a fault of the plugin: report it.',
  });
}

/** The other side asks more at once than it may. */
export function busy(limit: number): ContainrError {
  return new ContainrError({
    code: 'PLUGIN_BUSY',
    status: 429,
    detail: `The plugin has ${limit} calls under way, which is as many as it may.`,
    hint: 'Wait for answers before asking more.',
    retryAfterSeconds: 1,
  });
}

/** Why a call is aborted whose caller is gone. */
export function leftError(): ContainrError {
  return new ContainrError({ code: 'CALL_LEFT', status: 499, detail: 'Whoever called has left.' });
}
