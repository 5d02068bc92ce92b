import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { ControlProof } from '@containr/sdk/wire';
import { controlProofText, pinOf } from '@containr/sdk/wire';
import type { Pool } from 'pg';
import type { RelaySecrets } from './relay.ts';

/** The key by which agents know this control plane again: made once, sealed in Postgres, the same on all its processes. */
export class InstallKey {
  readonly #pool: Pool;
  readonly #secrets: RelaySecrets;
  #opened: Promise<KeyObject> | undefined;

  constructor(pool: Pool, secrets: RelaySecrets) {
    this.#pool = pool;
    this.#secrets = secrets;
  }

  /** Proves the key for an agent's nonce. Throws `SECRET_UNREADABLE` when the key ring lost what sealed it. */
  async prove(nonce: string): Promise<ControlProof> {
    const key = await this.#open();
    return { key: publicPart(key), signature: sign(null, controlProofText(nonce), key).toString('base64') };
  }

  /** What agents remember of it. Throws like {@link InstallKey.prove}. */
  async pin(): Promise<string> {
    return pinOf(publicPart(await this.#open()));
  }

  #open(): Promise<KeyObject> {
    this.#opened ??= this.#read().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #read(): Promise<KeyObject> {
    const read = async (): Promise<string | undefined> =>
      (await this.#pool.query<{ sealed: string }>('select sealed from containr.install_key')).rows[0]?.sealed;
    const sealed = (await read()) ?? (await this.#make().then(read)) ?? '';
    return createPrivateKey(this.#secrets.open(sealed));
  }

  /** Of two processes that make it at once, one wins. */
  async #make(): Promise<void> {
    const { privateKey } = generateKeyPairSync('ed25519');
    const sealed = this.#secrets.seal(String(privateKey.export({ format: 'pem', type: 'pkcs8' })));
    await this.#pool.query('insert into containr.install_key (sealed) values ($1) on conflict do nothing', [sealed]);
  }
}

function publicPart(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');
}
