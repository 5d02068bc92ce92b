import { Allowance, ownName, ownTask, taskOfOwn } from '@containr/cell';
import type { Capability, Owned, PluginContext, Report } from '@containr/sdk';
import { ContainrError, isContainrError } from '@containr/sdk';
import type { Infer } from '@containr/sdk';
import type { Grants } from './grants.ts';
import { checkGrant, isGranted } from './grants.ts';
import type { requests } from './protocol.ts';

type Data<K extends 'agents.call' | 'task.start' | 'task.status' | 'task.cancel'> = Infer<(typeof requests)[K]>;
type Tell = (data: unknown) => Promise<unknown>;

/** What the task is called by whoever has to wait for its end; longer ones name no folder on a node. */
const longestTask = 128;
const anyTimeMs = 86_400_000;
/** Each is a folder on a node for an hour: so many at once, and one a second from then on. */
const tasksAtOnce = 100;

/**
 * What an isolated plugin does with agents. Its own half serves, reports and runs tasks under names that no other plugin has;
 * of others it calls the capabilities that were granted.
 */
export class AgentRequests {
  readonly #ctx: PluginContext;
  readonly #plugin: string;
  readonly #hasHalf: boolean;
  readonly #grants: () => Grants;
  readonly #tasks = new Allowance(tasksAtOnce, 1);

  constructor(ctx: PluginContext, hasHalf: boolean, grants: () => Grants) {
    this.#ctx = ctx;
    this.#plugin = ctx.plugin;
    this.#hasHalf = hasHalf;
    this.#grants = grants;
  }

  /** Calls a granted capability, or one of its own half. Throws `GRANT_MISSING` when that does not serve it on this node. */
  async call({ node, capability, input, timeoutMs }: Data<'agents.call'>, signal: AbortSignal): Promise<unknown> {
    this.#check(capability);
    checkNode(node);
    const options = { signal, timeoutMs };
    if (isGranted(this.#grants(), 'capabilities', capability))
      return { value: await this.#ctx.agents.call(node, anyOf(capability, timeoutMs), input, options) };
    return this.#ownOrRefused(capability, async () => ({
      value: await this.#ctx.agents.call(node, this.#own(capability, timeoutMs), input, options),
    }));
  }

  /** Starts a task of its own half. Throws `GRANT_MISSING` when that does not serve it on this node. */
  async start({ node, capability, task, input }: Data<'task.start'>): Promise<void> {
    this.#check(capability);
    checkNode(node);
    const name = this.#task(task);
    if (!this.#tasks.take())
      throw new ContainrError({
        code: 'PLUGIN_BUSY',
        status: 429,
        detail: `${this.#plugin} started ${tasksAtOnce} tasks in a short time, which is as many as an isolated plugin may.`,
        hint: 'Start one a second, or fewer and larger ones.',
        retryAfterSeconds: 1,
      });
    await this.#ownOrRefused(capability, () => this.#ctx.agents.startTask(node, this.#own(capability), name, input));
  }

  async status({ node, task }: Data<'task.status'>) {
    checkNode(node);
    return { status: await this.#ctx.agents.taskStatus(node, this.#task(task)) };
  }

  async cancel({ node, task }: Data<'task.cancel'>): Promise<void> {
    checkNode(node);
    await this.#ctx.agents.cancelTask(node, this.#task(task));
  }

  onTaskEnd(capability: string, tell: Tell): Owned {
    this.#ctx.agents.onTaskEnd(this.#own(capability), async (end) => {
      await tell({ ...end, task: taskOfOwn(this.#plugin, end.task) });
    });
    return owned(`task end ${capability}`);
  }

  onTaskOutput(capability: string, tell: Tell): Owned {
    this.#ctx.agents.onTaskOutput(this.#own(capability), async (output) => {
      await tell({ ...output, task: taskOfOwn(this.#plugin, output.task) });
    });
    return owned(`task output ${capability}`);
  }

  onReport(report: string, tell: Tell): Owned {
    const own: Report = { type: 'report', name: ownName(this.#plugin, report), payload: true };
    this.#ctx.agents.onReport(own, async (payload, { node }) => void (await tell({ payload, node })));
    return owned(`report ${report}`);
  }

  onConnect(tell: Tell): Owned {
    this.#ctx.agents.onConnect(async (node) => void (await tell({ node })));
    return owned('agent connect');
  }

  #own(capability: string, timeoutMs = anyTimeMs): Capability {
    return anyOf(ownName(this.#plugin, capability), timeoutMs);
  }

  #task(task: string): string {
    const name = ownTask(this.#plugin, task);
    if (name.length <= longestTask) return name;
    throw new ContainrError({
      code: 'INVALID',
      status: 422,
      detail: `The task name ${task.slice(0, 40)}… is too long.`,
      hint: 'Name tasks by ctx.random.id().',
    });
  }

  /** Without a half of its own it can only mean another plugin's. */
  #check(capability: string): void {
    if (!this.#hasHalf) checkGrant(this.#plugin, this.#grants(), 'capabilities', capability);
  }

  async #ownOrRefused<T>(capability: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (!isContainrError(cause) || cause.code !== 'CAPABILITY_MISSING') throw cause;
      throw new ContainrError({
        code: 'GRANT_MISSING',
        status: 403,
        detail: `The agent half of ${this.#plugin} does not serve "${capability}" on that node now, and that of another plugin was not granted.`,
        hint: `If it is its own, see how the half does on that node; else an admin can grant it: containr plugins grants ${this.#plugin} allow capabilities ${capability}`,
        cause,
      });
    }
  }
}

/** Throws `NODE_UNREACHABLE` for what names no node at all. */
function checkNode(node: string): void {
  if (/^[0-9a-f-]{36}$/.test(node)) return;
  throw new ContainrError({
    code: 'NODE_UNREACHABLE',
    status: 503,
    detail: `There is no node "${node.slice(0, 60)}".`,
    hint: 'Take the id of one of ctx.agents.nodes().',
  });
}

/** A capability whose schemas only the two halves know. */
function anyOf(name: string, timeoutMs: number): Capability {
  return { type: 'capability', name, input: true, output: true, permission: '', timeoutMs, summary: name };
}

/** What agents' handlers are owned by is the scope; the child never takes one back alone. */
function owned(label: string): Owned {
  return { label, dispose: async () => undefined };
}
