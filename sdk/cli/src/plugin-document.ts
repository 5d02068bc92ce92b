import type { ItemOf } from '@containr/client';
import type { Infer } from '@containr/sdk';
import { reads } from './documents.ts';

/** What the commands read of an installed plugin. */
export const Plugin = reads<ItemOf<'/plugins'>>()({
  type: 'object',
  properties: {
    name: { type: 'string' },
    state: { type: 'string' },
    trust: { type: 'string', enum: ['first-party', 'trusted', 'isolated'] },
    version: { type: 'string' },
    displayName: { type: 'string' },
    cause: {
      anyOf: [
        { type: 'null' },
        {
          type: 'object',
          properties: {
            code: { type: 'string' },
            detail: { type: 'string' },
            hint: { type: 'string' },
            ended: {
              anyOf: [
                { type: 'null' },
                {
                  type: 'object',
                  properties: {
                    at: { type: 'string' },
                    outcome: { type: 'string', enum: ['restarting', 'back', 'off'] },
                    containedMs: { type: ['integer', 'null'] },
                  },
                  required: ['at', 'outcome', 'containedMs'],
                },
              ],
            },
          },
          required: ['code', 'detail', 'hint', 'ended'],
        },
      ],
    },
    isolation: {
      anyOf: [
        { type: 'null' },
        {
          type: 'array',
          items: {
            type: 'object',
            properties: { layer: { type: 'string' }, holds: { type: 'boolean' }, says: { type: 'string' } },
            required: ['layer', 'holds', 'says'],
          },
        },
      ],
    },
  },
  required: ['name', 'state', 'trust', 'version', 'displayName', 'cause', 'isolation'],
});
export type Plugin = Infer<typeof Plugin>;

/** What the commands read of a plugin's agent half on one node. */
export const HalfOnNode = reads<ItemOf<'/plugins/{name}/nodes'>>()({
  type: 'object',
  properties: {
    name: { type: 'string' },
    reachable: { type: 'boolean' },
    state: { type: 'string', enum: ['starting', 'running', 'failed'] },
    cause: {
      anyOf: [
        { type: 'null' },
        {
          type: 'object',
          properties: { code: { type: 'string' }, detail: { type: 'string' } },
          required: ['code', 'detail'],
        },
      ],
    },
  },
  required: ['name', 'reachable', 'state', 'cause'],
});
export type HalfOnNode = Infer<typeof HalfOnNode>;
