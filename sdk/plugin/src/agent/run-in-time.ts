import type { RunRequest } from '../contracts/runtime-documents.ts';
import type { Runtime } from '../contracts/runtime.ts';
import { ContainrError } from '../errors.ts';

const usualMs = 900_000;

/** Runs a command in an artifact to its end, or to the end of its time. Throws `TIMEOUT`. */
export async function runInTime(
  runtime: Runtime,
  request: RunRequest,
  io: Parameters<Runtime['run']>[1],
): Promise<{ exitCode: number }> {
  const limitMs = request.timeoutMs ?? usualMs;
  const late = AbortSignal.timeout(limitMs);
  try {
    return await runtime.run(request, { ...io, signal: AbortSignal.any([io.signal, late]) });
  } catch (error) {
    if (!late.aborted || io.signal.aborted) throw error;
    throw new ContainrError({
      code: 'TIMEOUT',
      status: 504,
      detail: `The command did not end within ${limitMs / 1000} s and was ended.`,
      hint: 'Make its work smaller, or allow it more time.',
      cause: error,
    });
  }
}
