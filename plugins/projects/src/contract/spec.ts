import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { balances, BuildSettings, Command } from '@containr/sdk/contracts';
import { fillFrom } from '../specs/merge-patch.ts';
import { nullable } from './nullable.ts';

/** How a service proves that it is ready. */
export const HealthSpec = defineSchema({
  type: 'object',
  properties: {
    kind: { type: 'string', enum: ['http', 'tcp', 'command'] },
    path: { type: 'string', pattern: '^/' },
    /** Statuses of a good answer, single ones and ranges: `200-399`, `200,204,401`. */
    statuses: { type: 'string', pattern: '^[1-5][0-9]{2}(-[1-5][0-9]{2})?(,[1-5][0-9]{2}(-[1-5][0-9]{2})?){0,19}$' },
    /** Headers that are sent along, by lower-case name. */
    headers: {
      type: 'object',
      additionalProperties: { type: 'string', maxLength: 1000, pattern: '^[\\x20-\\x7e]*$' },
      propertyNames: { pattern: '^[a-z0-9][a-z0-9-]{0,99}$' },
      maxProperties: 20,
    },
    /** Runs inside the replica; exit code 0 is healthy. */
    command: nullable(Command),
    /** `null`: the port of `start`. */
    port: nullable({ type: 'integer', minimum: 1, maximum: 65535 }),
    intervalMs: { type: 'integer', minimum: 100, maximum: 60000 },
    timeoutMs: { type: 'integer', minimum: 100, maximum: 60000 },
    /** Longest time from start to the first good answer. */
    startPeriodMs: { type: 'integer', minimum: 1000, maximum: 3600000 },
    /** So many bad answers in a row, once it was healthy, make it unhealthy. */
    retries: { type: 'integer', minimum: 1, maximum: 100 },
    /** How long a service without an address has to stay up until it counts as healthy, where no command is asked. */
    stayUpMs: { type: 'integer', minimum: 0, maximum: 3600000 },
  },
  required: [
    'kind',
    'path',
    'statuses',
    'headers',
    'command',
    'port',
    'intervalMs',
    'timeoutMs',
    'startPeriodMs',
    'retries',
    'stayUpMs',
  ],
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
    /** How requests are spread over the replicas. */
    balance: { type: 'string', enum: balances },
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
    /** With `on-failure`: how often a replica is started again before it stays ended; `null`: without end. */
    restartTries: nullable({ type: 'integer', minimum: 1, maximum: 1000 }),
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
    /** Runs once in the new artifact before anything starts; a failure fails the deployment. */
    preDeploy: nullable(Command),
    /** Runs once in the new artifact after the switch; a failure is told and undoes nothing. */
    postDeploy: nullable(Command),
    /** When a service of the kind `cron` runs. */
    cron: {
      type: 'object',
      properties: {
        /** Five fields of a cron line, or six with seconds; `null`: only when somebody asks. */
        schedule: nullable({ type: 'string', minLength: 1, maxLength: 200 }),
        /** IANA name, for example `Europe/Berlin`. */
        timeZone: { type: 'string', minLength: 1, maxLength: 60 },
        /** When the run before still goes on: leave this one out, let it wait, or end that one. */
        overlap: { type: 'string', enum: ['skip', 'queue', 'replace'] },
        /** Longest time of one run. */
        timeoutMs: { type: 'integer', minimum: 1000, maximum: 86400000 },
      },
      required: ['schedule', 'timeZone', 'overlap', 'timeoutMs'],
      additionalProperties: false,
    },
    /** How long old replicas stay warm after the switch. */
    watchMs: { type: 'integer', minimum: 0, maximum: 3600000 },
  },
  required: [
    'source',
    'build',
    'start',
    'replicas',
    'balance',
    'resources',
    'restart',
    'restartTries',
    'health',
    'stop',
    'preDeploy',
    'postDeploy',
    'cron',
    'watchMs',
  ],
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
  balance: 'round-robin',
  resources: { cpu: 1, memoryBytes: 536870912 },
  restart: 'always',
  restartTries: null,
  health: {
    kind: 'tcp',
    path: '/',
    statuses: '200-399',
    headers: {},
    command: null,
    port: null,
    intervalMs: 500,
    timeoutMs: 3000,
    startPeriodMs: 60000,
    retries: 3,
    stayUpMs: 3000,
  },
  stop: { signal: 'SIGTERM', graceMs: 10000 },
  preDeploy: null,
  postDeploy: null,
  cron: { schedule: null, timeZone: 'UTC', overlap: 'skip', timeoutMs: 3600000 },
  watchMs: 30000,
};

/** A stored spec with what was not there when it was written. */
export function completeSpec(stored: unknown): ServiceSpec {
  return fillFrom(defaultSpec, stored);
}
