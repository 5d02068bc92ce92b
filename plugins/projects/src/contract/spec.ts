import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { BuildSettings, Command } from '@containr/sdk/contracts';
import { nullable } from './nullable.ts';

/** How a service proves that it is ready. */
export const HealthSpec = defineSchema({
  type: 'object',
  properties: {
    kind: { type: 'string', enum: ['http', 'tcp', 'command'] },
    path: { type: 'string', pattern: '^/' },
    command: nullable(Command),
    /** `null`: the port of `start`. */
    port: nullable({ type: 'integer', minimum: 1, maximum: 65535 }),
    intervalMs: { type: 'integer', minimum: 100, maximum: 60000 },
    timeoutMs: { type: 'integer', minimum: 100, maximum: 60000 },
    /** Longest time from start to the first good answer. */
    startPeriodMs: { type: 'integer', minimum: 1000, maximum: 3600000 },
    retries: { type: 'integer', minimum: 1, maximum: 100 },
  },
  required: ['kind', 'path', 'command', 'port', 'intervalMs', 'timeoutMs', 'startPeriodMs', 'retries'],
  additionalProperties: false,
});

/** What a service should be, complete: every default filled in. */
export const ServiceSpec = defineSchema({
  type: 'object',
  properties: {
    source: {
      type: 'object',
      properties: {
        kind: { type: 'string', enum: ['git', 'upload', 'image'] },
        branch: { type: 'string', maxLength: 200 },
        rootDirectory: { type: 'string', maxLength: 400 },
        image: nullable({ type: 'string', maxLength: 500 }),
      },
      required: ['kind', 'branch', 'rootDirectory', 'image'],
      additionalProperties: false,
    },
    build: BuildSettings,
    start: {
      type: 'object',
      properties: { command: nullable(Command), port: nullable({ type: 'integer', minimum: 1, maximum: 65535 }) },
      required: ['command', 'port'],
      additionalProperties: false,
    },
    replicas: { type: 'integer', minimum: 0, maximum: 100 },
    resources: {
      type: 'object',
      properties: {
        cpu: { type: 'number', minimum: 0.05, maximum: 256 },
        memoryBytes: { type: 'integer', minimum: 16777216 },
      },
      required: ['cpu', 'memoryBytes'],
      additionalProperties: false,
    },
    restart: { type: 'string', enum: ['always', 'on-failure', 'never'] },
    health: HealthSpec,
    stop: {
      type: 'object',
      properties: {
        signal: { type: 'string', enum: ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGHUP'] },
        graceMs: { type: 'integer', minimum: 0, maximum: 3600000 },
      },
      required: ['signal', 'graceMs'],
      additionalProperties: false,
    },
    preDeploy: nullable(Command),
    /** How long old replicas stay warm after the switch. */
    watchMs: { type: 'integer', minimum: 0, maximum: 3600000 },
  },
  required: ['source', 'build', 'start', 'replicas', 'resources', 'restart', 'health', 'stop', 'preDeploy', 'watchMs'],
  additionalProperties: false,
});
export type ServiceSpec = Infer<typeof ServiceSpec>;

/** The spec of a service that says nothing. */
export const defaultSpec: ServiceSpec = {
  source: { kind: 'git', branch: 'main', rootDirectory: '.', image: null },
  build: {
    builder: 'auto',
    installCommand: null,
    buildCommand: null,
    startCommand: null,
    dockerfile: null,
    target: null,
  },
  start: { command: null, port: null },
  replicas: 1,
  resources: { cpu: 1, memoryBytes: 536870912 },
  restart: 'always',
  health: {
    kind: 'tcp',
    path: '/',
    command: null,
    port: null,
    intervalMs: 500,
    timeoutMs: 3000,
    startPeriodMs: 60000,
    retries: 3,
  },
  stop: { signal: 'SIGTERM', graceMs: 10000 },
  preDeploy: null,
  watchMs: 30000,
};
