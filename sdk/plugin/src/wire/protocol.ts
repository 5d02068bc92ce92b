import type { Infer } from '../schema.ts';
import { defineSchema, Empty, Id, Timestamp } from '../schema.ts';
import { Challenge, ControlProof } from './control-proof.ts';
import { defineMethod } from './wire.ts';

const Sha256 = defineSchema({ type: 'string', pattern: '^[0-9a-f]{64}$' });
/** Name of a plugin, a capability, a node. */
export const Name = defineSchema({ type: 'string', minLength: 1, maxLength: 100 });

/** Names a task: `[A-Za-z0-9._-]`, so that it can name a folder. */
export const TaskId = defineSchema({ type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' });

/** What a node is made of, as its agent sees it. */
export const Machine = defineSchema({
  type: 'object',
  properties: {
    /** Address at which other nodes reach its replicas. */
    address: { type: 'string', minLength: 1, maxLength: 255 },
    cpus: { type: 'number', minimum: 0 },
    memoryBytes: { type: 'integer', minimum: 1 },
  },
  required: ['address', 'cpus', 'memoryBytes'],
  additionalProperties: false,
});
export type Machine = Infer<typeof Machine>;

/** Body of `POST /api/v1/agents/enrol`. `publicKey`: Ed25519, SPKI in base64. */
export const EnrolRequest = defineSchema({
  type: 'object',
  properties: {
    token: { type: 'string', maxLength: 200 },
    name: Name,
    publicKey: { type: 'string', maxLength: 200 },
    /** Of the new node; later they are the install's to change. */
    labels: { type: 'object', additionalProperties: { type: 'string', maxLength: 100 }, maxProperties: 32 },
    ...Machine.properties,
  },
  required: ['token', 'name', 'publicKey', 'address', 'cpus', 'memoryBytes'],
  additionalProperties: false,
});
export type EnrolRequest = Infer<typeof EnrolRequest>;

/** Answer of `POST /api/v1/agents/enrol`. */
export const Enrolled = defineSchema({
  type: 'object',
  properties: { node: Id, install: { type: 'string' } },
  required: ['node', 'install'],
  additionalProperties: false,
});

/** The agent half of a plugin: a single-file bundle by content, and the programs it starts. */
export const Half = defineSchema({
  type: 'object',
  properties: {
    plugin: Name,
    version: { type: 'string' },
    sha256: Sha256,
    programs: { type: 'object', additionalProperties: Sha256 },
    /** Nobody trusts it: it runs in a process of its own, and may no more than this. */
    apart: {
      type: 'object',
      properties: {
        /** First path segments of the API that are its plugin's. */
        segments: { type: 'array', items: Name },
        /** Capabilities that it may serve to other plugins. */
        provides: { type: 'array', items: { type: 'string' } },
      },
      required: ['segments', 'provides'],
      additionalProperties: false,
    },
  },
  required: ['plugin', 'version', 'sha256', 'programs'],
  additionalProperties: false,
});
export type Half = Infer<typeof Half>;

/** One line of output on the wire. */
export const Line = defineSchema({
  type: 'object',
  properties: {
    seq: { type: 'integer', minimum: 0 },
    at: Timestamp,
    stream: { type: 'string', enum: ['stdout', 'stderr', 'system'] },
    text: { type: 'string' },
  },
  required: ['seq', 'at', 'stream', 'text'],
  additionalProperties: false,
});

/** How a task ended, on the wire. */
export const Outcome = defineSchema({
  anyOf: [
    {
      type: 'object',
      properties: { status: { const: 'done' }, output: true },
      required: ['status', 'output'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: {
        status: { const: 'failed' },
        code: { type: 'string' },
        detail: { type: 'string' },
        hint: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      },
      required: ['status', 'code', 'detail', 'hint'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { status: { enum: ['cancelled', 'lost'] } },
      required: ['status'],
      additionalProperties: false,
    },
  ],
});

const Capabilities = defineSchema({ type: 'array', items: Name, maxItems: 500 });
const TaskRef = defineSchema({
  type: 'object',
  properties: { task: TaskId },
  required: ['task'],
  additionalProperties: false,
});

/** The text that an agent signs to prove its key for one connection. */
export function proofText(node: string, nonce: string): Buffer {
  return Buffer.from(`containr agent connect\n${node}\n${nonce}`);
}

/** Close codes of an agent's socket. */
export const closeCodes = { replaced: 4001, unproven: 4003, unknownNode: 4004, stopping: 1012, notOurs: 4005 } as const;

/** Control plane → agent: prove the key by signing {@link proofText}. */
export const Prove = defineMethod(
  'prove',
  defineSchema({
    type: 'object',
    properties: { nonce: { type: 'string', minLength: 32 } },
    required: ['nonce'],
    additionalProperties: false,
  }),
  defineSchema({
    type: 'object',
    properties: {
      node: Id,
      signature: { type: 'string', maxLength: 200 },
      machine: Machine,
      /** For the control plane to prove itself by, from agents that know its key. */
      challenge: Challenge,
    },
    required: ['node', 'signature', 'machine'],
    additionalProperties: false,
  }),
);

/** Control plane → agent: who you are, and a bearer for HTTP. */
export const Welcome = defineMethod(
  'welcome',
  defineSchema({
    type: 'object',
    properties: {
      install: { type: 'string' },
      node: {
        type: 'object',
        properties: { id: Id, name: Name, address: { type: 'string' } },
        required: ['id', 'name', 'address'],
        additionalProperties: false,
      },
      bearer: { type: 'string' },
      /** The answer to the agent's challenge. */
      proof: ControlProof,
    },
    required: ['install', 'node', 'bearer'],
    additionalProperties: false,
  }),
  Empty,
);

/** Control plane → agent: a fresh bearer; the one before holds a minute more. */
export const Bearer = defineMethod(
  'bearer',
  defineSchema({
    type: 'object',
    properties: { bearer: { type: 'string' } },
    required: ['bearer'],
    additionalProperties: false,
  }),
  Empty,
);

/** Control plane → agent: run exactly these halves; answered when they are loaded. */
export const SetHalves = defineMethod(
  'halves',
  defineSchema({
    type: 'object',
    properties: { halves: { type: 'array', items: Half } },
    required: ['halves'],
    additionalProperties: false,
  }),
  defineSchema({
    type: 'object',
    properties: {
      capabilities: Capabilities,
      failures: {
        type: 'array',
        items: {
          type: 'object',
          properties: { plugin: Name, detail: { type: 'string' } },
          required: ['plugin', 'detail'],
          additionalProperties: false,
        },
      },
    },
    required: ['capabilities', 'failures'],
    additionalProperties: false,
  }),
);

/** Control plane → agent: your capabilities are known; reports are welcome now. */
export const Ready = defineMethod('ready', Empty, Empty);

/** Agent → control plane: the capabilities changed outside of {@link SetHalves}. */
export const Advertise = defineMethod(
  'advertise',
  defineSchema({
    type: 'object',
    properties: { capabilities: Capabilities },
    required: ['capabilities'],
    additionalProperties: false,
  }),
  Empty,
);

/** Control plane → agent: a short call. */
export const CallCapability = defineMethod(
  'call',
  defineSchema({
    type: 'object',
    properties: { capability: Name, input: true },
    required: ['capability', 'input'],
    additionalProperties: false,
  }),
  defineSchema({ type: 'object', properties: { output: true }, required: ['output'], additionalProperties: false }),
);

/** Control plane → agent: start a task; one that is known is left alone. */
export const TaskStart = defineMethod(
  'task.start',
  defineSchema({
    type: 'object',
    properties: { capability: Name, task: TaskId, input: true },
    required: ['capability', 'task', 'input'],
    additionalProperties: false,
  }),
  Empty,
);
export const TaskStatus = defineMethod(
  'task.status',
  TaskRef,
  defineSchema({
    type: 'object',
    properties: { status: { type: 'string', enum: ['running', 'ended', 'unknown'] } },
    required: ['status'],
    additionalProperties: false,
  }),
);
export const TaskCancel = defineMethod('task.cancel', TaskRef, Empty);

/** Agent → control plane: lines of a task, in order; answered when a handler took them. */
export const TaskOutput = defineMethod(
  'task.output',
  defineSchema({
    type: 'object',
    properties: { capability: Name, task: TaskId, lines: { type: 'array', items: Line, maxItems: 1000 } },
    required: ['capability', 'task', 'lines'],
    additionalProperties: false,
  }),
  Empty,
);

/** Agent → control plane: how a task ended; answered when a handler took it. */
export const TaskEnd = defineMethod(
  'task.end',
  defineSchema({
    type: 'object',
    properties: { capability: Name, task: TaskId, outcome: Outcome },
    required: ['capability', 'task', 'outcome'],
    additionalProperties: false,
  }),
  Empty,
);

/** Agent → control plane: a fact; answered when every handler took it. */
export const SendReport = defineMethod(
  'report',
  defineSchema({
    type: 'object',
    properties: { name: Name, payload: true },
    required: ['name', 'payload'],
    additionalProperties: false,
  }),
  Empty,
);
