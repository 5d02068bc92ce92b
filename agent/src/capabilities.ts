import type { Capability } from '@containr/sdk';
import { ContainrError, isContainrError } from '@containr/sdk';
import type { TaskIo } from '@containr/sdk/agent';
import { validate } from '@containr/sdk/host';

/** A capability as this agent serves it. */
export interface Served {
  readonly plugin: string;
  readonly name: string;
  readonly timeoutMs: number;
  /** Aborted when its plugin leaves. */
  readonly signal: AbortSignal;
  /** Checks input and output around the handler. */
  run(input: unknown, io: TaskIo): Promise<unknown>;
}

/** What this agent can do now, by name. */
export class Capabilities {
  readonly #served = new Map<string, Served>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get names(): string[] {
    return [...this.#served.keys()].sort();
  }

  /** Throws `CAPABILITY_MISSING`. */
  get(name: string): Served {
    const served = this.#served.get(name);
    if (served) return served;
    throw new ContainrError({
      code: 'CAPABILITY_MISSING',
      status: 409,
      detail: `This node does not offer "${name}" now.`,
      hint: 'Switch on the plugin that brings it.',
    });
  }

  /** Serves a capability; gives how to stop. Throws `CAPABILITY_TAKEN` when another plugin serves the name. */
  serve<I, O>(
    plugin: string,
    signal: AbortSignal,
    capability: Capability<I, O>,
    handler: (input: I, io: TaskIo) => Promise<O>,
  ): () => void {
    const { name } = capability;
    const taken = this.#served.get(name);
    if (taken) {
      throw new ContainrError({
        code: 'CAPABILITY_TAKEN',
        status: 409,
        detail: `"${name}" is served by ${taken.plugin} already.`,
        hint: 'Switch one of the two plugins off.',
      });
    }
    const served: Served = {
      plugin,
      name,
      timeoutMs: capability.timeoutMs,
      signal,
      async run(input, io) {
        const output = await handler(validate<I>(capability.input, input, `The input of ${name}`), io);
        return checkedOutput(capability, output);
      },
    };
    this.#served.set(name, served);
    this.#changed();
    return () => {
      this.#served.delete(name);
      this.#changed();
    };
  }
}

function checkedOutput<I, O>(capability: Capability<I, O>, output: O): O {
  try {
    return validate<O>(capability.output, output, `The result of ${capability.name}`);
  } catch (cause) {
    const detail = isContainrError(cause) ? cause.message : String(cause);
    throw new ContainrError({
      code: 'AGENT_ANSWER_INVALID',
      status: 500,
      detail,
      hint: 'This is a bug in the plugin that serves it.',
      cause,
    });
  }
}
