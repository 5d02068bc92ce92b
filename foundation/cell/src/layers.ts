import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';

/** What really keeps a plugin's process apart on this system. */
export interface Isolation {
  /** A user of its own, by number; `null`: it runs as the control plane's user. */
  readonly uid: number | null;
  /** Namespaces of its own: network, processes, shared memory. */
  readonly namespaces: boolean;
  /** Its `/proc` shows no other process. */
  readonly ownProc: boolean;
  /** No program that it starts may have more rights than it has. */
  readonly noNewPrivileges: boolean;
  readonly memoryLimit: boolean;
  readonly cpuLimit: boolean;
  readonly processLimit: boolean;
  /** Number of open files, and size of each. */
  readonly fileLimit: boolean;
  /** Node's permission model: only a seat belt. */
  readonly permissionModel: boolean;
}

/** The layers that keep a plugin's process apart, as the API shows them. */
export const IsolationDocument = defineSchema({
  type: 'array',
  items: {
    type: 'object',
    properties: {
      layer: {
        type: 'string',
        enum: ['user', 'network', 'processes', 'privileges', 'memory', 'cpu', 'number', 'files', 'node'],
      },
      /** Whether this machine has it. */
      holds: { type: 'boolean' },
      /** What that means, in one sentence. */
      says: { type: 'string' },
    },
    required: ['layer', 'holds', 'says'],
    additionalProperties: false,
  },
});
export type IsolationDocument = Infer<typeof IsolationDocument>;
type Layer = IsolationDocument[number]['layer'];

const words: Readonly<Record<Layer, readonly [holds: string, missing: string]>> = {
  user: [
    'It runs as a user of its own, who may read and write its own folder and nothing that is private to others.',
    'It runs as the user of Containr itself: only Node’s permission model keeps it from that user’s files.',
  ],
  network: [
    'It has a network of its own with no way out, and shares no memory with others.',
    'The system allows no network of its own: it can open connections past the grants.',
  ],
  processes: ['It sees no process but its own, and can send signals to none.', 'It sees the names of other processes.'],
  privileges: [
    'No program can give it more rights than it has.',
    'A program with more rights, such as sudo, could give it those.',
  ],
  memory: [
    'The system bounds the memory of all its processes together.',
    'The system does not bound its memory: it is looked at ten times a second, and ended when it is over.',
  ],
  cpu: [
    'The system bounds its processor time, and lets others go first.',
    'The system does not bound its processor time: it is only of low priority.',
  ],
  number: ['The number of its processes and threads is bounded.', 'The number of its processes is not bounded.'],
  files: [
    'The number of files that it has open, and the size of each, is bounded.',
    'The number of files that it has open is not bounded.',
  ],
  node: [
    'Node’s permission model refuses files, programs, threads and addons, as a second line.',
    'Node’s permission model is off.',
  ],
};

/** Says which layers hold and which do not; `null` for a plugin that runs inside the control plane. */
export function showIsolation(isolation: Isolation | null): IsolationDocument | null {
  if (!isolation) return null;
  const layers: readonly (readonly [Layer, boolean])[] = [
    ['user', isolation.uid !== null],
    ['network', isolation.namespaces],
    ['processes', isolation.ownProc],
    ['privileges', isolation.noNewPrivileges],
    ['memory', isolation.memoryLimit],
    ['cpu', isolation.cpuLimit],
    ['number', isolation.processLimit],
    ['files', isolation.fileLimit],
    ['node', isolation.permissionModel],
  ];
  return layers.map(([layer, holds]) => ({ layer, holds, says: words[layer][holds ? 0 : 1] }));
}
