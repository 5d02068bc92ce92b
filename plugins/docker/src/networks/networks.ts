import { createHash } from 'node:crypto';
import { ContainrError } from '@containr/sdk';
import type { Engine } from '../engine.ts';
import { asking, refusalStatus, refusalText } from '../engine.ts';
import { networkName, privateNetworkName } from './network-names.ts';

// Of a range of our own, a /24 each: the engine's own ranges hold some thirty networks.
const firstOctet = 10;
const lowestSecond = 208;
const seconds = 16;
const tries = 64;

/** The bridge networks of a node's engine: one for each environment, made when it is needed and gone with its last container. */
export class Networks {
  readonly #engine: Engine;
  readonly #install: string;

  constructor(engine: Engine, install: string) {
    this.#engine = engine;
    this.#install = install;
  }

  /** Makes sure of an environment's network (`null`: the one that all share); gives its name. */
  async ensure(environment: string | null): Promise<string> {
    const name = environment === null ? networkName : privateNetworkName(this.#install, environment);
    if (await this.#exists(name)) return name;
    if (environment === null) await this.#create(name, {}, null);
    else await this.#createPrivate(name, environment);
    return name;
  }

  /** Removes an environment's network unless a container is in it. */
  async drop(name: string): Promise<void> {
    if (name === networkName || name === '') return;
    await asking(() => this.#engine.api.getNetwork(name).remove()).catch((error: unknown) => {
      // Not there any more, or in use.
      if (refusalStatus(error) === null) throw error;
    });
  }

  async #exists(name: string): Promise<boolean> {
    return asking(() => this.#engine.api.getNetwork(name).inspect()).then(
      () => true,
      (error: unknown) => {
        if (refusalStatus(error) === 404) return false;
        throw error;
      },
    );
  }

  async #createPrivate(name: string, environment: string): Promise<void> {
    const labels = { 'containr.install': this.#install, 'containr.environment': environment };
    const start = createHash('sha256').update(name).digest().readUInt16BE(0);
    let last: unknown;
    for (let next = 0; next < tries; next += 1) {
      const at = (start + next * 257) % (seconds * 256);
      const subnet = `${firstOctet}.${lowestSecond + Math.floor(at / 256)}.${at % 256}.0/24`;
      try {
        return await this.#create(name, labels, subnet);
      } catch (error) {
        if (refusalStatus(error) === null || !/overlap/i.test(refusalText(error))) throw error;
        last = error;
      }
    }
    throw new ContainrError({
      code: 'START_FAILED',
      status: 503,
      detail: `No range of addresses is free for the network of the environment: ${refusalText(last)}.`,
      hint: `Free some of 10.${lowestSecond}.0.0/12 on this node: docker network ls.`,
      cause: last,
    });
  }

  async #create(name: string, labels: Record<string, string>, subnet: string | null): Promise<void> {
    const options = {
      Name: name,
      Driver: 'bridge',
      CheckDuplicate: true,
      Labels: { 'containr.network': subnet === null ? 'shared' : 'environment', ...labels },
      ...(subnet === null ? {} : { IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] } }),
    };
    await asking(() => this.#engine.api.createNetwork(options)).catch((error: unknown) => {
      // Somebody else made it in this moment.
      if (refusalStatus(error) !== 409) throw error;
    });
  }
}
