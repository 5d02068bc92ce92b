import type { CheckRequest, CheckResult } from '../contracts/check-documents.ts';
import type { Runtime } from '../contracts/runtime.ts';
import { isContainrError } from '../errors.ts';
import type { CheckAnswer } from './keep-asking.ts';
import { keepAsking } from './keep-asking.ts';

const longestWords = 300;

/** Asks a replica how it is by a command inside it: exit code 0 is good. */
export function checkByCommand(runtime: Runtime, order: CheckRequest, signal: AbortSignal): Promise<CheckResult> {
  return keepAsking(order.timing, (patience) => askByCommand(runtime, order, patience), signal);
}

async function askByCommand(runtime: Runtime, order: CheckRequest, signal: AbortSignal): Promise<CheckAnswer> {
  let last = '';
  const output = (text: string): void => {
    if (text.trim() !== '') last = text.trim().slice(0, longestWords);
  };
  try {
    const { replica, command, variables } = order;
    const { exitCode } = await runtime.exec({ replica, command, variables }, { signal, output });
    if (exitCode === 0) return { good: true, connected: true, status: null, error: null };
    return bad(`the command ended with exit code ${exitCode}${last === '' ? '' : `: ${last}`}`, true);
  } catch (error) {
    if (signal.aborted) return bad(`the command did not end within ${order.timing.timeoutMs} ms`, true);
    // A replica that is between two starts can't be asked now; the next answer may be better.
    if (isContainrError(error)) return bad(error.message, false);
    throw error;
  }
}

function bad(error: string, connected: boolean): CheckAnswer {
  return { good: false, connected, status: null, error };
}
