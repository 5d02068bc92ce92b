import type {
  Agents,
  Capability,
  JSONSchema,
  Logger,
  NodeInfo,
  OutputLine,
  Report,
  Scope,
  TaskOutcome,
} from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

type EndHandler = (end: { node: string; task: string; outcome: TaskOutcome }) => Promise<void>;
type OutputHandler = (output: { node: string; task: string; lines: readonly OutputLine[] }) => Promise<void>;
type ReportHandler = (payload: unknown, from: { node: string }) => Promise<void>;
type ConnectHandler = (node: NodeInfo) => Promise<void>;

/** Adds a handler that leaves with its plugin. */
function own<H>(scope: Scope, label: string, to: Set<H>, handler: H): void {
  to.add(handler);
  scope.own(label, () => void to.delete(handler));
}

function listOf<H>(map: Map<string, Set<H>>, name: string): Set<H> {
  const present = map.get(name);
  if (present) return present;
  const made = new Set<H>();
  map.set(name, made);
  return made;
}

/** Who wants to hear what agents tell; each handler is owned by its plugin's scope. */
export class Handlers {
  readonly #ends = new Map<string, Set<EndHandler>>();
  readonly #outputs = new Map<string, Set<OutputHandler>>();
  readonly #reports = new Map<string, Set<ReportHandler>>();
  readonly #connects = new Set<{ plugin: string; handler: ConnectHandler }>();

  /** The registering half of {@link Agents} for one plugin; `added` runs after a connect handler was added. */
  registrar(
    plugin: string,
    scope: Scope,
    added: (handler: ConnectHandler) => void,
  ): Pick<Agents, 'onTaskEnd' | 'onTaskOutput' | 'onReport' | 'onConnect'> {
    return {
      onTaskEnd: (capability, handler) =>
        own(scope, `task end ${capability.name}`, listOf(this.#ends, capability.name), (end) =>
          handler({ ...end, outcome: checkedOutcome(capability, end.outcome) }),
        ),
      onTaskOutput: (capability, handler) =>
        own(scope, `task output ${capability.name}`, listOf(this.#outputs, capability.name), handler),
      onReport: (report, handler) =>
        own(scope, `report ${report.name}`, listOf(this.#reports, report.name), checked(report, handler)),
      onConnect: (handler) => {
        own(scope, 'agent connect', this.#connects, { plugin, handler });
        added(handler);
      },
    };
  }

  /** What is heard now, and by how many. */
  heard(): readonly { what: string; handlers: number }[] {
    const of = (word: string, map: ReadonlyMap<string, ReadonlySet<unknown>>) =>
      [...map].map(([name, all]) => ({ what: `${word} ${name}`, handlers: all.size }));
    const connects = { what: 'connect', handlers: this.#connects.size };
    const all = [...of('task end', this.#ends), ...of('task output', this.#outputs), ...of('report', this.#reports)];
    return [...all, connects].filter(({ handlers }) => handlers > 0);
  }

  /** Throws `AGENT_NO_HANDLER` while nobody waits for this end. */
  async taskEnded(capability: string, end: Parameters<EndHandler>[0]): Promise<void> {
    const handlers = this.#ends.get(capability) ?? [];
    await all(handlers, capability, (handler) => handler(end));
  }

  /** Lines that nobody reads are taken all the same when somebody waits for the task's end. */
  async taskWrote(capability: string, output: Parameters<OutputHandler>[0]): Promise<void> {
    const handlers = this.#outputs.get(capability);
    if (!handlers?.size && this.#ends.get(capability)?.size) return;
    await all(handlers ?? [], capability, (handler) => handler(output));
  }

  async reported(name: string, payload: unknown, node: string): Promise<void> {
    await all(this.#reports.get(name) ?? [], name, (handler) => handler(payload, { node }));
  }

  /** Tells every plugin that a node connected; one that fails is logged. */
  async connected(node: NodeInfo, log: Logger, only?: ConnectHandler): Promise<void> {
    for (const { plugin, handler } of [...this.#connects]) {
      if (only && handler !== only) continue;
      await handler(node).catch((error: unknown) =>
        log.error({ err: error, plugin, node: node.id }, 'A plugin failed to greet a node'),
      );
    }
  }
}

async function all<H>(handlers: Iterable<H>, name: string, run: (handler: H) => Promise<void>): Promise<void> {
  const now = [...handlers];
  if (now.length === 0) {
    throw new ContainrError({
      code: 'AGENT_NO_HANDLER',
      status: 503,
      detail: `No active plugin takes "${name}" now.`,
      hint: 'It is sent again when the plugin is on.',
    });
  }
  for (const handler of now) await run(handler);
}

function checked<P>(report: Report<P>, handler: (payload: P, from: { node: string }) => Promise<void>): ReportHandler {
  return (payload, from) => handler(validate<P>(report.payload, payload, `The report ${report.name}`), from);
}

/** An output that breaks its schema is a failed task, told as such. */
function checkedOutcome(capability: { name: string; output: JSONSchema }, outcome: TaskOutcome): TaskOutcome {
  if (outcome.status !== 'done') return outcome;
  try {
    return { status: 'done', output: validate(capability.output, outcome.output, `The result of ${capability.name}`) };
  } catch (error) {
    return {
      status: 'failed',
      code: 'AGENT_ANSWER_INVALID',
      detail: error instanceof Error ? error.message : String(error),
      hint: 'Bring control plane and agent to the same version.',
    };
  }
}

/** Checks the input of a capability before it leaves. */
export function checkInput<I, O>(capability: Capability<I, O>, input: I): I {
  return validate<I>(capability.input, input, `The input of ${capability.name}`);
}
