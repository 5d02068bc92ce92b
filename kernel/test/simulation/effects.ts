/** One set-up of one version in one process, and what it made. */
export interface Instance {
  readonly plugin: string;
  readonly version: number;
  readonly signal: AbortSignal;
  /** By label, how often each effect was undone. */
  readonly undone: Map<string, number>;
}

/** Everything that the plugins of one process ever made. */
export class Effects {
  readonly instances: Instance[] = [];
  /** What was undone more than once, or while its scope goes on. */
  readonly wrong: string[] = [];

  /** Begins a set-up. */
  begin(plugin: string, version: number, signal: AbortSignal): Instance {
    const instance: Instance = { plugin, version, signal, undone: new Map() };
    this.instances.push(instance);
    return instance;
  }

  /** Takes note that an effect is undone. */
  undo({ plugin, version, signal, undone }: Instance, label: string): void {
    const times = (undone.get(label) ?? 0) + 1;
    undone.set(label, times);
    if (times > 1) this.wrong.push(`${label} of ${plugin} ${version} was undone ${times} times`);
    if (!signal.aborted) this.wrong.push(`${label} of ${plugin} ${version} was undone while it runs`);
  }

  /** Effects of ended scopes that were never undone. */
  left(): readonly string[] {
    return this.instances
      .filter(({ signal }) => signal.aborted)
      .flatMap(({ plugin, version, undone }) =>
        [...undone].flatMap(([label, times]) => (times === 0 ? [`${label} of ${plugin} ${version}`] : [])),
      );
  }
}
