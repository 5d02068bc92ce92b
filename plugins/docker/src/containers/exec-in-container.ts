import { readFile } from 'node:fs/promises';
import type { Infer } from '@containr/sdk';
import { argumentsOf, ContainrError, defineSchema } from '@containr/sdk';
import type { ExecRequest } from '@containr/sdk/contracts';
import { validate } from '@containr/sdk/host';
import type { OnLine } from '../build/progress.ts';
import type { Engine } from '../engine.ts';
import { asking, refusalStatus } from '../engine.ts';
import { outputLines } from './output-frames.ts';

const ExecState = defineSchema({
  type: 'object',
  properties: {
    Running: { type: 'boolean' },
    ExitCode: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    Pid: { type: 'integer' },
  },
  required: ['Running'],
});

/**
 * Runs a command in a container that runs; it has the container's variables. An abort ends the command with all that it started.
 * Throws `CONFLICT_NOT_RUNNING`, or `CANCELLED` on an abort.
 */
export async function execInContainer(
  engine: Engine,
  request: ExecRequest,
  io: { readonly signal: AbortSignal; readonly output: OnLine },
): Promise<{ exitCode: number }> {
  io.signal.throwIfAborted();
  const { command } = request;
  const container = engine.api.getContainer(`containr-${request.replica}`);
  const made = await asking(() =>
    container.exec({
      Cmd: [...argumentsOf(command)],
      AttachStdout: true,
      AttachStderr: true,
    }),
  ).catch((error: unknown) => {
    const status = refusalStatus(error);
    throw status === 404 || status === 409 ? notRunning(request.replica, error) : error;
  });
  const stateOf = async (): Promise<Infer<typeof ExecState>> =>
    validate<Infer<typeof ExecState>>(
      ExecState,
      await asking(() => made.inspect()),
      'What the engine says of a command',
    );
  const stream = await asking(() => made.start({ hijack: true, stdin: false }));
  const end = (): void => {
    // The engine has no way to end a command: its processes are ended by hand, then its stream.
    void stateOf()
      .then((now) => (now.Running && now.Pid ? killTree(now.Pid) : undefined))
      .catch(() => undefined)
      .finally(() => stream.destroy());
  };
  io.signal.addEventListener('abort', end, { once: true });
  try {
    for await (const line of outputLines(stream)) io.output(line.text, line.stream);
  } catch (error) {
    if (!io.signal.aborted) throw error;
  } finally {
    io.signal.removeEventListener('abort', end);
  }
  if (io.signal.aborted) throw cancelled();
  const { ExitCode: code } = await stateOf();
  return { exitCode: code ?? 137 };
}

async function killTree(pid: number): Promise<void> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
  for (const child of children.split(' ')) if (child !== '') await killTree(Number(child));
}

function notRunning(replica: string, cause: unknown): ContainrError {
  return new ContainrError({
    code: 'CONFLICT_NOT_RUNNING',
    status: 409,
    detail: `The replica ${replica} does not run, so nothing can be run in it.`,
    hint: 'Choose one that runs.',
    cause,
  });
}

function cancelled(): ContainrError {
  return new ContainrError({
    code: 'CANCELLED',
    status: 409,
    detail: 'The command was cancelled.',
    hint: 'Start it again when it is wanted.',
  });
}
