import type { Principal } from '@containr/sdk';
import type { SystemVerbs } from './plugins/system-verbs.ts';
import type { ServiceRegistry } from './services/index.ts';

/** A running control plane. */
export interface Platform {
  readonly origin: string;
  /** Path of the owner-only socket. */
  readonly consoleSocket: string;
  readonly console: Principal;
  readonly services: Pick<ServiceRegistry, 'get' | 'providers'>;
  readonly lifecycle: SystemVerbs;
  readonly agents: { createToken(): Promise<string> };
  /** What is registered now, by the registries themselves: what a plugin that left must not be found in. */
  registered(): Readonly<Record<string, readonly unknown[]>>;
  /** Leaves the sockets to a process that took over, without a failed request, and stops. */
  retire(): Promise<void>;
  /** Drains and stops everything, in reverse. */
  stop(): Promise<void>;
}
