import type { PluginContext } from '@containr/sdk';
import { defineSchema, Empty, Id, listQuery, pageOf, reply } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { Availability, VariableDocument, VariableKind } from '../contract.ts';
import { Variable } from '../entities/variable.entity.ts';
import { ownerOf, placeOf } from '../variables/owner.ts';
import { showVariable } from '../variables/show.ts';
import { VariableName, VariableValue } from '../variables/written.ts';
import { changeVariable, createVariable, deleteVariable } from '../variables/write.ts';
import { ById } from './fields.ts';

const VariablePage = defineSchema(pageOf(VariableDocument));
const owners = { service: Id, environment: Id, project: Id } as const;

/** Variables of projects, environments and services. Each change is a revision of the services that it reaches. */
export function variableRoutes(ctx: PluginContext): void {
  ctx.http.route({
    method: 'GET',
    path: '/variables',
    permission: 'service:read',
    summary: 'Variables of one service, environment or project; values for who holds variable:read',
    query: { type: 'object', properties: { ...listQuery, ...owners }, additionalProperties: false },
    response: VariablePage,
    handler: async ({ query, principal }) => {
      const owner = ownerOf(query);
      const keys = keyset<Variable>(query, { name: 'text', createdAt: 'time' }, 'name');
      const named =
        query.search === undefined ? {} : { name: { $ilike: `%${query.search.replace(/[\\%_]/g, '\\$&')}%` } };
      const rows = await ctx.store.for(principal).transaction(async ({ em }) => {
        await placeOf(em, owner);
        return em.find(
          Variable,
          { $and: [{ owner: owner.id }, named, keys.where] },
          { orderBy: [...keys.orderBy], limit: keys.limit },
        );
      });
      return keys.page(rows, (row) => showVariable(ctx.secrets, principal, row));
    },
  });
  ctx.http.route({
    method: 'POST',
    path: '/variables',
    permission: 'variable:write',
    summary: 'Sets a new variable',
    body: {
      type: 'object',
      properties: {
        ...owners,
        name: VariableName,
        kind: { ...VariableKind, default: 'plain' },
        value: VariableValue,
        available: Availability,
      },
      required: ['name', 'value'],
      additionalProperties: false,
    },
    response: VariableDocument,
    status: 201,
    handler: async ({ body, principal }) => {
      const variable = await createVariable(ctx, principal, ownerOf(body), body);
      return reply({
        status: 201,
        headers: { location: `/api/v1/variables/${variable.id}` },
        body: showVariable(ctx.secrets, principal, variable),
      });
    },
  });
  ctx.http.route({
    method: 'PATCH',
    path: '/variables/{id}',
    permission: 'variable:write',
    summary: 'Changes value, kind or availability of a variable',
    params: ById,
    body: {
      type: 'object',
      properties: { kind: VariableKind, value: VariableValue, available: Availability },
      additionalProperties: false,
    },
    response: VariableDocument,
    handler: async ({ params, body, principal }) =>
      showVariable(ctx.secrets, principal, await changeVariable(ctx, principal, params.id, body)),
  });
  ctx.http.route({
    method: 'DELETE',
    path: '/variables/{id}',
    permission: 'variable:write',
    summary: 'Deletes a variable',
    params: ById,
    response: Empty,
    handler: async ({ params, principal }) => {
      await deleteVariable(ctx, principal, params.id);
      return {};
    },
  });
}
