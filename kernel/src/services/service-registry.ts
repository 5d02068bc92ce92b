import type {
  Call,
  Client,
  Contract,
  Implementation,
  ContainrError,
  JSONSchema,
  Methods,
  Principal,
  Provider,
} from '@containr/sdk';
import { checkProviderId, validate, validatorOf } from '@containr/sdk/host';
import { errors } from '../errors.ts';

type Method = (input: unknown, call: Call) => Promise<unknown>;

/** One plugin's implementation of a contract, and the calls that are inside it now. */
interface Provided {
  readonly id: string;
  readonly plugin: string;
  readonly contract: Contract;
  readonly methods: Readonly<Record<string, Method>>;
  calls: number;
  idle: (() => void) | undefined;
}

const never = new AbortController().signal;

/** Who provides what; clients look their provider up at each call. */
export class ServiceRegistry {
  readonly #provided = new Map<string, Provided[]>();
  readonly #off = new Map<string, string>();

  /** Contracts that are provided now. */
  list(): readonly { contract: string; id: string; plugin: string }[] {
    return [...this.#provided].flatMap(([contract, all]) => all.map(({ id, plugin }) => ({ contract, id, plugin })));
  }

  /** A contract as its provider gave it; `undefined` while there is none. */
  contract(name: string): Contract | undefined {
    return this.#provided.get(name)?.[0]?.contract;
  }

  /**
   * Provides a contract; the returned function withdraws it at once and resolves when the calls inside have ended.
   * Throws `SERVICE_ID` for an id that is not the plugin's own, and `SERVICE_TAKEN` for one that it already has.
   */
  provide<M extends Methods>(
    plugin: string,
    contract: Contract<M>,
    implementation: Implementation<M>,
    id: string,
  ): () => Promise<void> {
    checkProviderId(plugin, id);
    const all = this.#provided.get(contract.name) ?? [];
    const taken = all.find((other) => other.id === id);
    if (taken) throw errors.SERVICE_TAKEN(plugin, contract.name, id, taken.plugin);
    const provided: Provided = {
      id,
      plugin,
      contract: contract,
      methods: implementation,
      calls: 0,
      idle: undefined,
    };
    this.#provided.set(
      contract.name,
      [...all, provided].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
    return () => this.#withdraw(contract.name, provided);
  }

  /** A client of the one provider, found at each call; throws `DEPENDENCY_DOWN` (503) while there is none. */
  get<M extends Methods>(contract: Contract<M>): Client<M> {
    return client(contract, () => this.#provided.get(contract.name)?.[0] ?? this.#missing(contract.name));
  }

  /** Clients of all providers now; each is late bound by its id. */
  providers<M extends Methods>(contract: Contract<M>): readonly Provider<M>[] {
    return (this.#provided.get(contract.name) ?? []).map(({ id, plugin }) => ({
      id,
      plugin,
      client: client(
        contract,
        () =>
          this.#provided.get(contract.name)?.find((one) => one.id === id) ?? this.#missing(`${contract.name} ${id}`),
      ),
    }));
  }

  #withdraw(name: string, provided: Provided): Promise<void> {
    const rest = (this.#provided.get(name) ?? []).filter((other) => other !== provided);
    if (rest.length > 0) this.#provided.set(name, rest);
    else this.#provided.delete(name);
    this.#off.set(name, provided.plugin);
    if (provided.calls === 0) return Promise.resolve();
    return new Promise((resolve) => (provided.idle = resolve));
  }

  #missing(name: string): never {
    throw errors.DEPENDENCY_DOWN(name, this.#off.get(name));
  }
}

function client<M extends Methods>(contract: Contract<M>, find: () => Provided): Client<M> {
  const methods: Record<
    string,
    (input: unknown, call: { principal: Principal; signal?: AbortSignal }) => Promise<unknown>
  > = {};
  for (const [name, schema] of Object.entries(contract.methods)) {
    const method = `${contract.name}.${name}`;
    methods[name] = async (input, call) => {
      const provided = find();
      provided.calls += 1;
      try {
        validate(schema.input, input, method);
        const output = await provided.methods[name]?.(input, {
          principal: call.principal,
          signal: call.signal ?? never,
        });
        if (accepts(schema.output, output)) return output;
        throw broken(provided.plugin, method, schema.output, output);
      } finally {
        provided.calls -= 1;
        if (provided.calls === 0) provided.idle?.();
      }
    };
  }
  return methods as Client<M>;
}

function accepts(schema: JSONSchema, value: unknown): boolean {
  return schema === true || Boolean(validatorOf(schema, 'plain')(value));
}

function broken(plugin: string, method: string, schema: JSONSchema, output: unknown): ContainrError {
  let cause: unknown;
  try {
    validate(schema, output, `The answer of ${method}`);
  } catch (error) {
    cause = error;
  }
  return errors.CONTRACT_BROKEN(plugin, cause);
}
