import type { Agents, Disposer, Event, Exec, Delivered, Job, JobRun, JSONSchema, Logger, Migration, Scope, Store } from '@containr/sdk';
import type { EntitySchema } from '@mikro-orm/core';
import type { InjectionToken } from 'tsyringe';
import type { Authenticate } from '../http/access.ts';
import type { Gateway } from '../http/gateway.ts';
import type { HookRegistry } from '../hooks/index.ts';
import type { ServiceRegistry } from '../services/index.ts';

/** What a plugin's settings look like to its context. */
export interface OpenSettings {
  readonly current: unknown;
  onChange(handler: (next: unknown) => void): Disposer;
}

/** The parts of the kernel that plugins are given, in the form in which the lifecycle needs them. */
export interface Parts {
  readonly install: { readonly id: string; readonly version: string };
  readonly log: Logger;
  /** A logger that says which plugin speaks. */
  logFor(plugin: string): Logger;
  /** Folder of a plugin. */
  directoryOf(plugin: string): string;
  origin(): string;
  readonly exec: Exec;
  readonly gateway: Gateway;
  readonly hooks: HookRegistry;
  readonly services: ServiceRegistry;
  readonly authenticate: Authenticate;
  readonly jobs: { handle<P>(plugin: string, job: Job<P>, handler: (run: JobRun<P>) => Promise<void>, options: { schedule?: string }): Disposer };
  readonly events: {
    define<P>(event: Event<P>): Disposer;
    on<P>(plugin: string, event: Event<P>, handler: (delivered: Delivered<P>) => Promise<void>): Disposer;
  };
  readonly secrets: { seal(plugin: string, owner: string, text: string): string; open(plugin: string, owner: string, sealed: string): string };
  openStore(plugin: string, entities: readonly EntitySchema[], migrations: readonly Migration[]): Promise<{ store: Store; close(): Promise<void> }>;
  openSettings(plugin: string, schema: JSONSchema): Promise<OpenSettings & { close?: Disposer }>;
  agentsFor(plugin: string, scope: Scope): Agents;
}

/** Where the container keeps them. */
export const partsToken: InjectionToken<Parts> = Symbol('kernel parts');
