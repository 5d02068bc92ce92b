import type { Capability, Contract, Event, Hook, Job, Report } from '@containr/sdk';

/** Anything that crosses from one plugin to another. */
export type Token = Hook | Contract | Event<never> | Job | Capability | Report;

/** What a plugin does with a token. */
export type Role = 'defines' | 'taps' | 'runs' | 'provides' | 'calls' | 'listens' | 'handles' | 'asks' | 'hears';

/** One thing that a plugin does with one token. */
export interface Noted {
  readonly role: Role;
  readonly token: Token;
}

/** Remembers what one plugin does with which tokens, from its set-up on; it goes with the plugin. */
export class Ledger {
  readonly #noted = new Map<string, Noted>();

  /** Notes it once, however often it happens. */
  note(role: Role, token: Token): void {
    const key = `${role} ${token.type} ${token.name}`;
    if (!this.#noted.has(key)) this.#noted.set(key, { role, token });
  }

  /** Everything so far, in the order in which it first happened. */
  get noted(): readonly Noted[] {
    return [...this.#noted.values()];
  }
}
