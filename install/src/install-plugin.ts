import { fileURLToPath } from 'node:url';
import type { PluginPackage } from '@containr/kernel';
import type { Infer } from '@containr/sdk';
import { definePlugin, defineSchema, Empty, OptionalTimestamp, reply, Timestamp } from '@containr/sdk';
import type { Supervised } from './supervised.ts';
import type { InstallState } from './supervisor/messages.ts';
import { version } from './version.ts';

const nullableText = { anyOf: [{ type: 'string' }, { type: 'null' }] } as const;

/** Which control plane serves, and how the latest change of it stands. */
export const InstallDocument = defineSchema({
  type: 'object',
  properties: {
    /** `null`: the one that serves has not been noted yet. */
    serving: {
      anyOf: [
        {
          type: 'object',
          properties: {
            version: { type: 'string' },
            /** Counts the control planes since the install was started, from 1. */
            generation: { type: 'integer' },
            startedAt: Timestamp,
          },
          required: ['version', 'generation', 'startedAt'],
          additionalProperties: false,
        },
        { type: 'null' },
      ],
    },
    /** `null`: the first one still serves. */
    change: {
      anyOf: [
        {
          type: 'object',
          properties: {
            reason: { type: 'string', enum: ['restart', 'crash'] },
            /** `starting`: the next one starts. `draining`: it serves, the older one ends what it does. */
            status: { type: 'string', enum: ['starting', 'draining', 'done', 'failed'] },
            /** Who asked for it; `null` after a crash. */
            by: nullableText,
            startedAt: Timestamp,
            endedAt: OptionalTimestamp,
            /** What it failed of, or for a crash, how the one before ended. */
            cause: {
              anyOf: [
                {
                  type: 'object',
                  properties: { code: { type: 'string' }, detail: { type: 'string' }, hint: nullableText },
                  required: ['code', 'detail', 'hint'],
                  additionalProperties: false,
                },
                { type: 'null' },
              ],
            },
          },
          required: ['reason', 'status', 'by', 'startedAt', 'endedAt', 'cause'],
          additionalProperties: false,
        },
        { type: 'null' },
      ],
    },
  },
  required: ['serving', 'change'],
  additionalProperties: false,
});
export type InstallDocument = Infer<typeof InstallDocument>;

/** The plugin `install`: what the start program adds to the API, because only it knows its supervisor. */
export function installPlugin(supervisor: Pick<Supervised, 'state' | 'restart'>): PluginPackage {
  return {
    name: 'install',
    version,
    directory: fileURLToPath(new URL('..', import.meta.url)),
    manifest: {
      displayName: 'Install',
      requires: {},
      permissions: {
        'install:read': 'See which control plane serves',
        'install:restart': 'Restart the control plane from the code on the machine',
      },
      segments: ['install'],
      roots: [],
      programs: {},
    },
    load: async () =>
      definePlugin({
        setup(ctx) {
          ctx.http.route({
            method: 'GET',
            path: '/install',
            permission: 'install:read',
            summary: 'Which control plane serves, and how the latest change of it stands',
            response: InstallDocument,
            handler: async () => documentOf(supervisor.state()),
          });
          ctx.http.route({
            method: 'POST',
            path: '/install/restart',
            permission: 'install:restart',
            summary: 'Starts a control plane from the code on the machine, which takes over when it is ready',
            body: Empty,
            response: InstallDocument,
            status: 202,
            handler: async ({ principal }) =>
              reply({
                status: 202,
                headers: { location: '/api/v1/install' },
                body: documentOf(await supervisor.restart(principal.name)),
              }),
          });
        },
      }),
  };
}

function documentOf({ serving, change }: InstallState): InstallDocument {
  return {
    serving: serving && { ...serving },
    change: change && { ...change, cause: change.cause && { ...change.cause } },
  };
}
