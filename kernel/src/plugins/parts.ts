import type { Agents, Clock, Exec, Live, Logger, Migration, Random, Scope } from '@containr/sdk';
import type { EntitySchema } from '@mikro-orm/core';
import type { InjectionToken } from 'tsyringe';
import type { Events, OpenStore } from '@containr/data';
import type { HookRegistry } from '../hooks/index.ts';
import type { Authenticate, Gateway, MountOptions } from '@containr/http';
import type { Jobs } from '@containr/data';
import type { KeyRing } from '@containr/data';
import type { ServiceRegistry } from '../services/index.ts';
import type { Settings } from '@containr/data';

/** The parts of the kernel that plugins are given, in the form in which the lifecycle needs them. */
export interface Parts {
  readonly install: { readonly id: string; readonly version: string };
  readonly log: Logger;
  /** A logger that says which plugin speaks. */
  logFor(plugin: string): Logger;
  /** Folder of a plugin. */
  readonly directoryOf: (plugin: string) => string;
  origin(): string;
  readonly clock: Clock;
  readonly random: Random;
  readonly exec: Exec;
  readonly gateway: Gateway;
  readonly hooks: HookRegistry;
  readonly services: ServiceRegistry;
  readonly authenticate: Authenticate;
  readonly mount: MountOptions;
  readonly jobs: Pick<Jobs, 'handle'>;
  readonly events: Pick<Events, 'define' | 'on'>;
  readonly secrets: Pick<KeyRing, 'seal' | 'open'>;
  openStore(plugin: string, entities: readonly EntitySchema[], migrations: readonly Migration[]): Promise<OpenStore>;
  readonly settings: Settings;
  agentsFor(plugin: string, scope: Scope): Agents;
  liveFor(plugin: string, scope: Scope): Live;
}

/** Where the container keeps them. */
export const partsToken: InjectionToken<Parts> = Symbol('kernel parts');
