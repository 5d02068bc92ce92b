import { join } from 'node:path';
import { ContainrError } from '../errors.ts';
import { readState, writeState } from './state-file.ts';

/** The highest epoch seen for each service; kept over restarts, so that a control plane that was replaced can't start anything. */
export class Fences {
  readonly #path: string;
  readonly #epochs: Map<string, number>;

  constructor(directory: string) {
    this.#path = join(directory, 'fences.json');
    this.#epochs = new Map(
      Object.entries(readState(this.#path)).flatMap(([service, epoch]) =>
        typeof epoch === 'number' ? [[service, epoch] as const] : [],
      ),
    );
  }

  /** Lets work of this epoch pass, and none of a lower one from now on. Throws `STALE_EPOCH`. */
  pass(service: string, epoch: number): void {
    const highest = this.#epochs.get(service) ?? -1;
    if (epoch < highest) {
      throw new ContainrError({
        code: 'STALE_EPOCH',
        status: 409,
        detail: `Work of epoch ${epoch} came after epoch ${highest} had begun for this service.`,
        hint: 'A newer deployment took over; nothing is to be done.',
      });
    }
    if (epoch === highest) return;
    this.#epochs.set(service, epoch);
    writeState(this.#path, Object.fromEntries(this.#epochs));
  }
}
