import cluster from 'node:cluster';
import type { Ask, Told } from './messages.ts';
import { failureOf, isQuestion } from './messages.ts';

/** A control plane in a process of its own. */
export interface ControlPlane {
  readonly pid: number | undefined;
  send(told: Told): void;
  /** Ends it at once. */
  kill(): void;
}

/** Starts a control plane; `asked` answers what it asks, `exited` is called once. */
export type StartControlPlane = (hear: {
  readonly asked: (what: Ask) => Promise<unknown>;
  readonly exited: (exitCode: number | null, signal: string | null) => void;
}) => ControlPlane;

/**
 * Starts control planes that share their listening sockets, with what waits in the queues. They get this process's arguments
 * and terminal, and end when this process does.
 */
export function controlPlanes(exec: string, args: readonly string[]): StartControlPlane {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec, args: [...args], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return ({ asked, exited }) => {
    const worker = cluster.fork();
    const send = (told: Told): void => {
      // One that ends meanwhile needs no answer any more.
      if (worker.isConnected()) worker.send(told, () => undefined);
    };
    worker.on('message', (message: unknown) => {
      if (!isQuestion(message)) return;
      asked(message.what).then(
        (value) => send({ answer: message.ask, value: value ?? null }),
        (error: unknown) => send({ answer: message.ask, failure: failureOf(error) }),
      );
    });
    worker.on('error', () => undefined);
    worker.once('exit', (exitCode, signal) => exited(exitCode, signal));
    return {
      pid: worker.process.pid,
      send,
      kill: () => void worker.process.kill('SIGKILL'),
    };
  };
}
