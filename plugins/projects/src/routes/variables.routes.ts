import type { PluginContext } from '@containr/sdk';
import { defineSchema, Empty, Id, listQuery, pageOf, reply } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { VariableDocument } from '../contract.ts';
import { Variable, variableKinds } from '../entities/variable.entity.ts';
import { organisationOf, ownerOf } from '../variables/owner.ts';
import { showVariable } from '../variables/show.ts';
import { changeVariable, createVariable, deleteVariable } from '../variables/write.ts';
import { ById } from './fields.ts';

const VariablePage = defineSchema(pageOf(VariableDocument));
const owners = { service: Id, environment: Id, project: Id } as const;
const VariableName = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 128 } as const;
/** No NUL: no process takes one in its environment. */
const Value = { type: 'string', maxLength: 65536, pattern: '^[^\\u0000]*$' } as const;
const Kind = { type: 'string', enum: variableKinds } as const;

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
        await organisationOf(em, owner);
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
      properties: { ...owners, name: VariableName, kind: { ...Kind, default: 'plain' }, value: Value },
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
    summary: 'Changes the value or kind of a variable',
    params: ById,
    body: { type: 'object', properties: { kind: Kind, value: Value }, additionalProperties: false },
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
