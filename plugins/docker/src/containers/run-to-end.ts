import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type Docker from 'dockerode';
import type { OnLine } from '../build/progress.ts';
import { outputLines } from './output-frames.ts';
import { startFailure } from './start-failure.ts';

const WaitResult = defineSchema({
  type: 'object',
  properties: { StatusCode: { type: 'integer' } },
  required: ['StatusCode'],
});

/**
 * Starts a created container, hands its lines over, waits for its end and removes it, also on an abort (`CANCELLED`). Gives
 * the exit code. Throws `COMMAND_NOT_FOUND`, `START_FAILED`.
 */
export async function runToEnd(
  container: Docker.Container,
  remove: () => Promise<void>,
  io: { readonly signal: AbortSignal; readonly output: OnLine },
): Promise<number> {
  const cancel = (): void => void remove().catch(() => undefined);
  io.signal.addEventListener('abort', cancel, { once: true });
  try {
    const output = await container.attach({ stream: true, stdout: true, stderr: true, hijack: true });
    const written = handOver(output, io.output).catch(() => undefined);
    const ended = container.wait({ condition: 'next-exit' });
    await container.start().catch((error: unknown) => {
      ended.catch(() => undefined);
      throw startFailure(error);
    });
    const how = validate<Infer<typeof WaitResult>>(WaitResult, await ended, 'How the engine says that a command ended');
    await written;
    io.signal.throwIfAborted();
    return how.StatusCode;
  } catch (error) {
    throw io.signal.aborted ? cancelled(error) : error;
  } finally {
    io.signal.removeEventListener('abort', cancel);
    await remove();
  }
}

async function handOver(output: NodeJS.ReadableStream, onLine: OnLine): Promise<void> {
  for await (const line of outputLines(bytesOf(output))) onLine(line.text, line.stream);
}

async function* bytesOf(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

function cancelled(cause: unknown): ContainrError {
  return new ContainrError({
    code: 'CANCELLED',
    status: 409,
    detail: 'The command was cancelled.',
    hint: 'Start it again when it is wanted.',
    cause,
  });
}
