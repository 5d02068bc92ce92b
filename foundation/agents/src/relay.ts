import { randomUUID } from 'node:crypto';
import type { Infer, Logger } from '@containr/sdk';
import { ContainrError, defineSchema, isContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Pool } from 'pg';
import { Operation } from './operation.ts';

/** Channel that wakes the process which a message is for. */
export const agentChannel = 'containr_agents';

const Failure = defineSchema({
  type: 'object',
  properties: {
    code: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    hint: { type: 'string' },
    retryAfterSeconds: { type: 'number' },
  },
  required: ['code', 'status', 'detail'],
  additionalProperties: false,
});

/** What processes of one control plane tell each other about agents. */
const Message = defineSchema({
  anyOf: [
    {
      type: 'object',
      properties: { kind: { const: 'ask' }, ask: { type: 'string' }, from: { type: 'string' }, operation: Operation },
      required: ['kind', 'ask', 'from', 'operation'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { kind: { const: 'answer' }, ask: { type: 'string' }, output: true },
      required: ['kind', 'ask', 'output'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { kind: { const: 'failure' }, ask: { type: 'string' }, failure: Failure },
      required: ['kind', 'ask', 'failure'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { kind: { const: 'cancel' }, ask: { type: 'string' } },
      required: ['kind', 'ask'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { kind: { const: 'moved' }, node: { type: 'string' } },
      required: ['kind', 'node'],
      additionalProperties: false,
    },
  ],
});
type Message = Infer<typeof Message>;

/** Seals what lies in the database for a moment: inputs of capabilities hold secrets. */
export interface RelaySecrets {
  seal(text: string): string;
  open(sealed: string): string;
}

/** Those of a key ring. */
export function relaySecrets(ring: {
  seal(plugin: string, owner: string, text: string): string;
  open(plugin: string, owner: string, sealed: string): string;
}): RelaySecrets {
  return {
    seal: (text) => ring.seal('kernel', 'agents', text),
    open: (sealed) => ring.open('kernel', 'agents', sealed),
  };
}

/** What a {@link Relay} is made of. */
export interface RelayOptions {
  readonly pool: Pool;
  readonly log: Logger;
  readonly secrets: RelaySecrets;
  /** Does what another process asked for, on a connection that is held here. */
  perform(operation: Operation, signal: AbortSignal): Promise<unknown>;
  /** A node's agent connected to another process. */
  readonly moved: (node: string) => void;
}

const livesMs = 2000;
const keptSeconds = 600;

/** Carries operations to the process that holds a node's connection, over Postgres, and their outcomes back. */
export class Relay {
  /** Name of this process, by which others see in `pg_stat_activity` that it lives. */
  readonly name: string;
  readonly #options: RelayOptions;
  readonly #asked = new Map<string, PromiseWithResolvers<unknown>>();
  readonly #working = new Map<string, AbortController>();

  constructor(options: RelayOptions) {
    this.#options = options;
    this.name = options.pool.options.application_name ?? '';
  }

  /** Has the process `to` perform it. Throws what it threw, the signal's reason, or `lost()` when that process dies. */
  async ask(to: string, operation: Operation, signal: AbortSignal, lost: () => Error): Promise<unknown> {
    const ask = randomUUID();
    const answer = Promise.withResolvers<unknown>();
    const leave = (): void => answer.reject(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', leave, { once: true });
    this.#asked.set(ask, answer);
    const watch = setInterval(() => {
      this.#lives(to).then(
        (lives) => lives || answer.reject(lost()),
        () => undefined,
      );
    }, livesMs);
    try {
      // Not awaited before the answer: what aborts meanwhile counts at once.
      this.#send(to, { kind: 'ask', ask, from: this.name, operation }).catch(answer.reject);
      return await answer.promise;
    } catch (error) {
      if (signal.aborted) this.#tell(to, { kind: 'cancel', ask });
      throw error;
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', leave);
      this.#asked.delete(ask);
    }
  }

  /** Tells the process that held a node's connection that it is elsewhere now. */
  tellMoved(to: string, node: string): void {
    this.#tell(to, { kind: 'moved', node });
  }

  /** Takes what is for this process; `payload` names whom a notification was for, `null` means that any may have been missed. */
  wake(payload: string | null): void {
    if (payload !== null && payload !== this.name) return;
    this.#take().catch((error: unknown) =>
      this.#options.log.warn({ error }, 'What another control plane asks of agents could not be read'),
    );
  }

  /** Ends what is under way for others. */
  stop(): void {
    for (const work of this.#working.values()) work.abort();
  }

  async #take(): Promise<void> {
    const { rows } = await this.#options.pool.query<{ body: string }>(
      `with old as (delete from containr.agent_relay where at < now() - interval '${keptSeconds} seconds'),
            mine as (delete from containr.agent_relay where to_process = $1 returning id, body)
       select body from mine order by id`,
      [this.name],
    );
    for (const { body } of rows) this.#receive(body);
  }

  #receive(body: string): void {
    const { log, secrets, moved } = this.#options;
    try {
      const text: unknown = JSON.parse(secrets.open(body));
      const message = validate<Message>(Message, text, 'A message of another control plane');
      if (message.kind === 'ask') void this.#perform(message);
      else if (message.kind === 'answer') this.#asked.get(message.ask)?.resolve(message.output);
      else if (message.kind === 'failure') this.#asked.get(message.ask)?.reject(new ContainrError(message.failure));
      else if (message.kind === 'cancel') this.#working.get(message.ask)?.abort();
      else moved(message.node);
    } catch (error) {
      log.error({ error }, 'A message of another control plane was not understood: do they share one key ring?');
    }
  }

  async #perform({ ask, from, operation }: Extract<Message, { kind: 'ask' }>): Promise<void> {
    const work = new AbortController();
    this.#working.set(ask, work);
    try {
      const output = (await this.#options.perform(operation, work.signal)) ?? null;
      await this.#send(from, { kind: 'answer', ask, output });
    } catch (error) {
      if (!isContainrError(error))
        this.#options.log.error({ error }, 'What another control plane asked of an agent failed');
      this.#tell(from, { kind: 'failure', ask, failure: failureOf(error) });
    } finally {
      this.#working.delete(ask);
    }
  }

  #tell(to: string, message: Message): void {
    this.#send(to, message).catch((error: unknown) =>
      this.#options.log.warn({ error, kind: message.kind }, 'Another control plane could not be told'),
    );
  }

  async #send(to: string, message: Message): Promise<void> {
    const { pool, secrets } = this.#options;
    await pool.query(
      `with sent as (insert into containr.agent_relay (to_process, body) values ($1, $2) returning to_process)
       select pg_notify('${agentChannel}', to_process) from sent`,
      [to, secrets.seal(JSON.stringify(message))],
    );
  }

  async #lives(process: string): Promise<boolean> {
    const { rowCount } = await this.#options.pool.query(
      'select from pg_stat_activity where application_name = $1 limit 1',
      [process],
    );
    return rowCount === 1;
  }
}

function failureOf(error: unknown): Infer<typeof Failure> {
  if (!isContainrError(error))
    return {
      code: 'INTERNAL',
      status: 500,
      detail: 'The control plane that holds the agent’s connection failed for a reason nobody foresaw.',
      hint: 'Look in its log.',
    };
  const { code, status, message: detail, hint, retryAfterSeconds } = error;
  return {
    code,
    status,
    detail,
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}
