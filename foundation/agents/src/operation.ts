import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import { CallCapability, TaskCancel, TaskStart, TaskStatus } from '@containr/sdk/wire';
import type { Session } from './session.ts';

const text = { type: 'string' } as const;
const ms = { type: 'integer', minimum: 1 } as const;

/** Something that the control plane has a node's agent do; plain data, so that another process can be asked for it. */
export const Operation = defineSchema({
  anyOf: [
    {
      type: 'object',
      properties: { kind: { const: 'call' }, node: text, timeoutMs: ms, capability: text, input: true },
      required: ['kind', 'node', 'timeoutMs', 'capability', 'input'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { kind: { const: 'start' }, node: text, timeoutMs: ms, capability: text, task: text, input: true },
      required: ['kind', 'node', 'timeoutMs', 'capability', 'task', 'input'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { kind: { enum: ['status', 'cancel'] }, node: text, timeoutMs: ms, task: text },
      required: ['kind', 'node', 'timeoutMs', 'task'],
      additionalProperties: false,
    },
  ],
});
export type Operation = Infer<typeof Operation>;

/** Performs it on the connection that is held here. Throws `CAPABILITY_MISSING`, `NODE_UNREACHABLE` when the connection breaks, `TIMEOUT` past the deadline, and what the agent throws. */
export async function perform(session: Session, operation: Operation, signal: AbortSignal): Promise<unknown> {
  const { node, capabilities } = session;
  const limits = { timeoutMs: operation.timeoutMs, signal };
  if ('capability' in operation && !capabilities.has(operation.capability)) throw missing(node, operation.capability);
  try {
    switch (operation.kind) {
      case 'call': {
        const { capability, input } = operation;
        return (await session.ask(CallCapability, { capability, input }, limits)).output;
      }
      case 'start': {
        const { capability, task, input } = operation;
        return await session.ask(TaskStart, { capability, task, input }, limits);
      }
      case 'status':
        return (await session.ask(TaskStatus, { task: operation.task }, limits)).status;
      case 'cancel':
        return await session.ask(TaskCancel, { task: operation.task }, limits);
    }
  } catch (error) {
    // A connection that breaks in the middle is the node's unreachability for the caller.
    if (error instanceof ContainrError && error.code === 'WIRE_CLOSED') throw unreachable(node, error);
    if (error instanceof ContainrError && error.code === 'WIRE_TIMEOUT') throw late(operation, error);
    throw error;
  }
}

/** 503: no process has a connection of this node's agent. */
export function unreachable(node: string, cause?: unknown): ContainrError {
  return new ContainrError({
    code: 'NODE_UNREACHABLE',
    status: 503,
    detail: `The agent of node ${node} is not connected.`,
    hint: 'See that the agent runs on that machine and reaches the control plane; it reconnects by itself.',
    retryAfterSeconds: 5,
    cause,
  });
}

/** 504: the agent did not answer before the deadline. */
export function late(operation: Operation, cause?: unknown): ContainrError {
  const what = 'capability' in operation ? `"${operation.capability}"` : `The ${operation.kind} of a task`;
  return new ContainrError({
    code: 'TIMEOUT',
    status: 504,
    detail: `${what} was not answered by node ${operation.node} within ${operation.timeoutMs} ms.`,
    hint: 'See how busy that node is, then try again; work that takes long is a task.',
    cause,
  });
}

function missing(node: string, capability: string): ContainrError {
  return new ContainrError({
    code: 'CAPABILITY_MISSING',
    status: 409,
    detail: `Node ${node} does not offer "${capability}".`,
    hint: 'Switch on the plugin that brings it, or choose a node that lists the capability.',
  });
}
