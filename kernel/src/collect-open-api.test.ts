import { fileURLToPath } from 'node:url';
import { definePlugin } from '@containr/sdk';
import type { Plugin } from '@containr/sdk';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import openapiTs, { astToString } from 'openapi-typescript';
import { collectOpenApi, discover, readManifest } from './index.ts';
import type { PluginPackage } from './index.ts';

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly 'x-permission'?: string;
  readonly 'x-public'?: boolean;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const plugins = fileURLToPath(new URL('../../plugins/', import.meta.url));

function packageOf(plugin: Plugin): PluginPackage {
  return {
    name: 'boats',
    version: '1.0.0',
    directory: '/nowhere',
    manifest: readManifest('boats', {
      displayName: 'Boats',
      requires: {},
      permissions: { 'boat:read': 'See boats' },
      segments: ['boats'],
    }),
    load: async () => plugin,
  };
}

describe('OpenAPI from declarations', () => {
  it('is a valid OpenAPI 3.1 document of all first-party plugins, without a database', async () => {
    const document = (await collectOpenApi(await discover(plugins))) as Document;
    const result = await new Validator().validate(structuredClone(document) as Record<string, unknown>);
    expect(result.valid, JSON.stringify(result.errors)).to.equal(true);
    expect(document.paths).to.include.keys('/readyz', '/api/v1/plugins', '/api/v1/nodes', '/api/v1/projects/{id}');
  });

  it('names, describes and guards every operation', async () => {
    const document = (await collectOpenApi(await discover(plugins))) as Document;
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ at: `${method} ${path}`, operation })),
    );
    expect(operations.length).to.be.greaterThan(50);
    for (const { at, operation } of operations) {
      expect(operation.operationId, at).to.match(/^[a-z]+([A-Z0-9][A-Za-z0-9_]*)*$/);
      expect(operation.summary, at).to.match(/\S/);
      expect(operation.tags, at).to.have.length(1);
      expect(operation['x-public'] === true || typeof operation['x-permission'] === 'string', at).to.equal(true);
    }
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it('types a route that a plugin adds; what has a default may be left out', async () => {
    const boats = definePlugin({
      setup(ctx) {
        ctx.http.route({
          method: 'POST',
          path: '/boats/{id}/sails',
          permission: 'boat:read',
          summary: 'Sets a sail',
          params: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
          body: {
            type: 'object',
            properties: { area: { type: 'number' }, colour: { type: 'string', default: 'white' } },
            required: ['area', 'colour'],
            additionalProperties: false,
          },
          response: { type: 'object', properties: { knots: { type: 'number' } }, required: ['knots'] },
          handler: async () => ({ knots: 1 }),
        });
      },
    });
    const document = await collectOpenApi([packageOf(boats)]);
    const types = astToString(await openapiTs(JSON.stringify(document), { defaultNonNullable: false }));
    expect(types).to.include('"/api/v1/boats/{id}/sails"');
    expect(types).to.match(/postBoatsByIdSails: \{/);
    expect(types).to.match(/area: number;\s+(\/\*\*[^/]*\*\/\s+)?colour\?: string;/);
    expect(types).to.include('knots: number;');
  });

  it('says which plugin does more in its set-up than register', async () => {
    const greedy = definePlugin({
      async setup(ctx) {
        ctx.repeat('look', 1000, async () => undefined);
        await ctx.store.system('too early').transaction(async () => undefined);
      },
    });
    const failure: unknown = await collectOpenApi([packageOf(greedy)]).catch((error: unknown) => error);
    expect(failure).to.include({ code: 'SETUP_NEEDS_PLATFORM' });
    expect(String(failure)).to.match(/boats calls ctx\.store\.system\(\)\.transaction/);
  });
});
