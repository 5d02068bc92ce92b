import { ContainrError } from '@containr/sdk';
import type { ReplicaSpec, ReplicaState } from '@containr/sdk/contracts';
import type { World } from '@containr/testing/simulation';
import type { Behaviour } from './behaviour.ts';

interface Running {
  readonly spec: ReplicaSpec;
  state: ReplicaState;
  startedAt: number;
}

const restartMs = 1000;

/** The replicas of one node. They know nothing of agents: what is told of them is told by whoever listens. */
export class SimulatedRuntime {
  readonly #world: World;
  readonly #behaviours: ReadonlyMap<string, Behaviour>;
  readonly #changed: (state: ReplicaState) => void;
  readonly #replicas = new Map<string, Running>();
  readonly #epochs = new Map<string, number>();
  /** While false, the engine does not answer; what it runs goes on. */
  up = true;
  #port = 20_000;

  constructor(world: World, behaviours: ReadonlyMap<string, Behaviour>, changed: (state: ReplicaState) => void) {
    this.#world = world;
    this.#behaviours = behaviours;
    this.#changed = changed;
  }

  /** All replicas, running or ended. */
  list(): readonly ReplicaState[] {
    return [...this.#replicas.values()].map(({ state }) => state);
  }

  get(replica: string): ReplicaState | null {
    return this.#replicas.get(replica)?.state ?? null;
  }

  /** Starts a replica, or gives the one that is there. Throws `STALE_EPOCH`. */
  start(spec: ReplicaSpec): ReplicaState {
    const known = this.#replicas.get(spec.replica);
    if (known) return known.state;
    const highest = this.#epochs.get(spec.service) ?? -1;
    if (spec.epoch < highest)
      throw new ContainrError({ code: 'STALE_EPOCH', status: 409, detail: `Epoch ${highest} has begun.` });
    this.#epochs.set(spec.service, spec.epoch);
    this.#port += 1;
    const running: Running = {
      spec,
      startedAt: this.#world.now,
      state: {
        replica: spec.replica,
        deployment: spec.deployment,
        service: spec.service,
        organisation: spec.organisation,
        runtime: 'process',
        state: 'running',
        exitCode: null,
        outOfMemory: false,
        restarts: 0,
        startedAt: new Date(this.#world.now).toISOString(),
        endedAt: null,
        address: '127.0.0.1',
        port: this.#port,
        isolation: 'none',
      },
    };
    this.#replicas.set(spec.replica, running);
    this.#live(running);
    return running.state;
  }

  /** Stops and removes a replica; one that is not there is stopped. */
  stop(replica: string): Record<string, never> {
    this.#replicas.delete(replica);
    return {};
  }

  /** Whether requests to it are answered now. */
  answers(replica: string): boolean {
    return this.answersIn(replica) === 0;
  }

  /** Milliseconds until it answers; 0: it does; `null`: never. */
  answersIn(replica: string): number | null {
    const running = this.#replicas.get(replica);
    const behaviour = running && this.#behaviours.get(running.spec.artifact.id);
    if (!running || !behaviour || running.state.state !== 'running') return null;
    if (behaviour.program !== 'answers' && behaviour.program !== 'crashes') return null;
    return Math.max(0, running.startedAt + behaviour.startMs - this.#world.now);
  }

  #live(running: Running): void {
    const behaviour = this.#behaviours.get(running.spec.artifact.id);
    if (behaviour?.program !== 'exits' && behaviour?.program !== 'crashes') return;
    const { restarts } = running.state;
    const ms = behaviour.program === 'exits' ? 50 : behaviour.crashMs;
    this.#world.after(ms, 'a program ends', () => {
      if (this.#replicas.get(running.spec.replica) !== running || running.state.restarts !== restarts) return;
      this.#become(running, { state: 'exited', exitCode: 1, endedAt: new Date(this.#world.now).toISOString() });
      if (running.spec.restart === 'never') return;
      this.#world.after(restartMs, 'a program is started again', () => {
        if (this.#replicas.get(running.spec.replica) !== running) return;
        running.startedAt = this.#world.now;
        this.#become(running, {
          state: 'running',
          exitCode: null,
          endedAt: null,
          restarts: restarts + 1,
          startedAt: new Date(this.#world.now).toISOString(),
        });
        this.#live(running);
      });
    });
  }

  #become(running: Running, change: Partial<ReplicaState>): void {
    running.state = { ...running.state, ...change };
    this.#changed(running.state);
  }
}
