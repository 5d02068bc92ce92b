import { isContainrError } from '@containr/sdk';
import { simulateTimers, World } from '@containr/testing/simulation';
import type { Luck } from './behaviour.ts';
import { pluginsOf } from './behaviour.ts';
import { always, atRest } from './invariants.ts';
import type { Surroundings } from './process.ts';
import { SimulatedProcess } from './process.ts';
import { SharedRows } from './shared-rows.ts';

/** How long admins and faults are at work, and how long the world then has to come to rest. Simulated milliseconds. */
const busyMs = 90_000;
const restMs = 200_000;

/** What a refused change may say; anything else is a fault of the kernel. */
const refusals = /^CONFLICT_|^PLUGIN_|^NOT_FOUND$|^HOOK_TAKEN$|^SETTINGS_REFUSED$/;

/** One world of one seed: two processes of a control plane, plugins, what admins do and what goes wrong. */
export class Scenario {
  readonly world: World;
  readonly #around: Surroundings;
  readonly #slots: [SimulatedProcess | null, SimulatedProcess | null] = [null, null];
  #started = 0;
  #words = 0;

  constructor(seed: number, folder: string) {
    this.world = new World(seed);
    // The queue of changes gives way between two of them, and Fastify while it becomes ready.
    this.world.turns = 4;
    const luck: Luck = { bad: true };
    const rows = new SharedRows(this.world, () => this.#notify());
    this.#around = { world: this.world, rows, luck, plugins: pluginsOf(this.world), folder };
    for (const [first] of this.#around.plugins.slice(2)) {
      if (!first) continue;
      rows.chosen.set(first.plugin, first.version);
      rows.want(first.plugin, true);
    }
  }

  /** Rejects with what did not hold. */
  async run(): Promise<void> {
    const { world } = this;
    const undo = simulateTimers(world);
    try {
      this.#start(0);
      if (world.chance() < 0.7) this.#start(1);
      for (let acts = world.between(3, 8); acts > 0; acts -= 1)
        world.after(world.between(0, busyMs - 10_000), 'admin', () => this.#admin());
      for (let faults = world.between(0, 5); faults > 0; faults -= 1)
        world.after(world.between(0, busyMs), 'fault', () => this.#goWrong());
      await world.run(busyMs, () => this.#always());
      this.#mend();
      await world.run(restMs, () => this.#always());
      for (const process of this.#living()) atRest(process, this.#around.rows, this.#around.plugins);
    } finally {
      undo();
    }
  }

  #start(slot: 0 | 1): void {
    this.#started += 1;
    const process = new SimulatedProcess(`process ${this.#started}`, this.#around);
    this.#slots[slot] = process;
    this.world.tell(`${process.name} starts`);
    process.start();
  }

  #living(): readonly SimulatedProcess[] {
    return this.#slots.filter((one) => one?.alive === true) as SimulatedProcess[];
  }

  #always(): void {
    for (const process of this.#living()) always(process);
  }

  #notify(): void {
    for (const process of this.#living())
      if (process.listening) this.world.after(this.world.between(1, 50), 'notice', () => process.hear());
  }

  async #admin(): Promise<void> {
    const { world } = this;
    const { plugins } = this.#around;
    const ready = this.#living().filter((one) => one.ready);
    if (ready.length === 0) return;
    const process = world.pick(ready);
    const versions = world.pick(plugins);
    const { plugin } = world.pick(versions);
    const act = world.pick([
      'enable',
      'enable',
      'disable',
      'replace',
      'choose',
      'choose',
      'configure',
      'crash',
    ] as const);
    let told = `${process.name}: admin wants ${act} ${plugin}`;
    let work: Promise<unknown>;
    if (act === 'choose') {
      const chosen = world.pick(world.pick(plugins.slice(2)));
      told = `${process.name}: admin wants ${chosen.plugin} ${chosen.version}`;
      work = process.choose(chosen);
    } else if (act === 'configure') {
      this.#words += 1;
      work = process.configure(plugin, this.#words);
    } else if (act === 'crash') {
      work = process.crash(plugin, world.chance() < 0.7);
    } else work = process.verb(act, plugin);
    world.tell(told);
    await work.then(
      () => world.tell(`${told}: done`),
      (error: unknown) => {
        world.tell(`${told}: refused: ${String(error)}`);
        // The database being away is told as it is.
        if (!(isContainrError(error) && refusals.test(error.code)) && !/database/.test(String(error)))
          world.fail(error);
      },
    );
  }

  /** One thing that goes wrong, and is right again after a while. */
  #goWrong(): void {
    const { world } = this;
    const { rows } = this.#around;
    const again = world.between(200, 20_000);
    const slot = world.pick([0, 1] as const);
    const process = this.#slots[slot];
    switch (world.pick(['kill', 'kill', 'deaf', 'database'] as const)) {
      case 'kill':
        if (!process?.alive) return;
        world.tell(`${process.name} is killed`);
        process.kill();
        world.after(again, 'process again', () => {
          if (!this.#slots[slot]?.alive) this.#start(slot);
        });
        return;
      case 'deaf':
        if (!process) return;
        world.tell(`${process.name} hears nothing`);
        process.listening = false;
        world.after(again, 'hears again', () => {
          process.listening = true;
          process.hear(true);
        });
        return;
      case 'database':
        world.tell('the database is away');
        rows.isDown = true;
        world.after(world.between(200, 5000), 'database again', () => {
          rows.isDown = false;
        });
    }
  }

  /** From here on nothing goes wrong any more. */
  #mend(): void {
    this.world.tell('nothing goes wrong from here on');
    this.#around.luck.bad = false;
    this.#around.rows.isDown = false;
    for (const slot of [0, 1] as const) {
      const process = this.#slots[slot];
      if (process) process.listening = true;
      if (process && !process.alive) this.#start(slot);
    }
  }
}
