import type { Agents, JSONSchema, NodeInfo, OutputLine, TaskOutcome } from '@containr/sdk';
import { validate } from '@containr/sdk/validate';
import type { Peer } from '@containr/cell/channel';
import type { Registry } from './registry.ts';

type SentNode = Omit<NodeInfo, 'lastSeenAt'> & { readonly lastSeenAt: string | null };

/** `ctx.agents` of an isolated plugin: its own half on every node, and the capabilities of others that were granted. */
export function agentsFacet(registry: Registry, peer: () => Peer): Agents {
  return {
    nodes: async () => ((await peer().call('agents.nodes', {})) as SentNode[]).map(received),
    async call(node, capability, input, options) {
      validate(capability.input, input, `The input of ${capability.name}`);
      const timeoutMs = options?.timeoutMs ?? capability.timeoutMs;
      const request = { node, capability: capability.name, input, timeoutMs };
      const answer = (await peer().call('agents.call', request, options?.signal)) as { value?: unknown };
      return validate(capability.output, answer.value, `The answer of ${capability.name}`);
    },
    async startTask(node, { name, input: schema }, task, input) {
      validate(schema, input, `The input of ${name}`);
      await peer().call('task.start', { node, capability: name, task, input });
    },
    taskStatus: async (node, task) =>
      ((await peer().call('task.status', { node, task })) as { status: 'running' | 'ended' | 'unknown' }).status,
    cancelTask: async (node, task) => void (await peer().call('task.cancel', { node, task })),
    onTaskEnd: ({ name, output }, handler) =>
      void registry.add(
        'taskEnd',
        `task end ${name}`,
        { capability: name },
        (end: { node: string; task: string; outcome: TaskOutcome }) =>
          handler({ ...end, outcome: checked(name, output, end.outcome) }),
      ),
    onTaskOutput: ({ name }, handler) =>
      void registry.add(
        'taskOutput',
        `task output ${name}`,
        { capability: name },
        (output: { node: string; task: string; lines: readonly OutputLine[] }) => handler(output),
      ),
    onReport: ({ name, payload: schema }, handler) =>
      void registry.add(
        'report',
        `report ${name}`,
        { report: name },
        ({ payload, node }: { payload: unknown; node: string }) =>
          handler(validate(schema, payload, `The report ${name}`), { node }),
      ),
    onConnect: (handler) =>
      void registry.add('connect', 'agent connect', {}, ({ node }: { node: SentNode }) => handler(received(node))),
  };
}

function received(node: SentNode): NodeInfo {
  return { ...node, lastSeenAt: node.lastSeenAt === null ? null : new Date(node.lastSeenAt) };
}

/** An output that breaks its schema is a failed task, told as such. */
function checked(name: string, schema: JSONSchema, outcome: TaskOutcome): TaskOutcome {
  if (outcome.status !== 'done') return outcome;
  try {
    return { status: 'done', output: validate(schema, outcome.output, `The result of ${name}`) };
  } catch (error) {
    return {
      status: 'failed',
      code: 'AGENT_ANSWER_INVALID',
      detail: error instanceof Error ? error.message : String(error),
      hint: 'Bring both halves of the plugin to the same version.',
    };
  }
}
