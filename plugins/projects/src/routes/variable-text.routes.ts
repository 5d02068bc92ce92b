import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import { ContainrError, defineSchema, Id } from '@containr/sdk';
import { VariableChangeDocument, VariableKind } from '../contract.ts';
import { Variable } from '../entities/variable.entity.ts';
import { editVariables, newestVersion } from '../variables/edit.ts';
import { showChange } from '../variables/history.ts';
import { keep } from '../variables/kept.ts';
import { openValue } from '../variables/open.ts';
import type { Owner } from '../variables/owner.ts';
import { lockVariables, ownerOf, placeOf } from '../variables/owner.ts';
import { editsOf, keepLayout, requireReadable, textOf } from '../variables/text.ts';
import type { Edit } from '../variables/written.ts';

const owners = { service: Id, environment: Id, project: Id } as const;
const Remarks = {
  type: 'array',
  items: {
    type: 'object',
    properties: { line: { type: 'integer' }, message: { type: 'string' } },
    required: ['line', 'message'],
    additionalProperties: false,
  },
} as const;
const TextDocument = defineSchema({
  type: 'object',
  properties: { text: { type: 'string' }, version: { type: 'integer' } },
  required: ['text', 'version'],
  additionalProperties: false,
});
const TextBody = defineSchema({
  type: 'object',
  properties: {
    ...owners,
    text: { type: 'string', maxLength: 1_000_000 },
    /** Leaves what the text does not name as it is. */
    merge: { type: 'boolean', default: false },
    /** Kind of what is new. */
    kind: { ...VariableKind, default: 'plain' },
    /** Version that the text was made from: refused when there is a newer one. */
    version: { type: 'integer', minimum: 0 },
  },
  required: ['text', 'merge', 'kind'],
  additionalProperties: false,
});
const Comparison = defineSchema({
  type: 'object',
  properties: {
    changes: { type: 'array', items: VariableChangeDocument },
    problems: Remarks,
    warnings: Remarks,
    version: { type: 'integer' },
  },
  required: ['changes', 'problems', 'warnings', 'version'],
  additionalProperties: false,
});
const Saved = defineSchema({
  type: 'object',
  properties: {
    version: { type: 'integer' },
    changed: { type: 'integer' },
    warnings: Remarks,
    /** Services that have a new revision by it. */
    revised: { type: 'array', items: Id },
  },
  required: ['version', 'changed', 'warnings', 'revised'],
  additionalProperties: false,
});

/** Variables of one owner as a `.env` text: read, compare, save. */
export function variableTextRoutes(ctx: PluginContext): void {
  ctx.http.route({
    method: 'GET',
    path: '/variables/text',
    permission: 'variable:read',
    summary: 'Variables of one service, environment or project as a .env text; sealed values as marks',
    query: { type: 'object', properties: owners, additionalProperties: false },
    response: TextDocument,
    handler: async ({ query, principal }) => {
      const owner = ownerOf(query);
      return ctx.store.for(principal).transaction(async ({ em }) => {
        await placeOf(em, owner);
        return { text: await textOf(ctx, em, owner), version: await newestVersion(em, owner) };
      });
    },
  });
  ctx.http.route({
    method: 'POST',
    path: '/variables/text/compare',
    permission: 'variable:read',
    summary: 'What saving a .env text would change; nothing is changed',
    body: TextBody,
    response: Comparison,
    handler: async ({ body, principal }) => {
      const owner = ownerOf(body);
      return ctx.store.for(principal).transaction(async ({ em }) => {
        await placeOf(em, owner);
        const { edits, problems, warnings } = await editsOf(em, owner, body);
        return {
          changes: await changesOf(ctx, em, principal, owner, edits),
          problems: [...problems],
          warnings: [...warnings],
          version: await newestVersion(em, owner),
        };
      });
    },
  });
  ctx.http.route({
    method: 'PUT',
    path: '/variables/text',
    permission: 'variable:write',
    summary: 'Saves a .env text: its variables, and the comments around them',
    body: TextBody,
    response: Saved,
    handler: async ({ body, principal }) => {
      const owner = ownerOf(body);
      return ctx.store.for(principal).transaction(async (unit) => {
        const place = await placeOf(unit.em, owner);
        await lockVariables(unit, place.project);
        if (body.version !== undefined && body.version !== (await newestVersion(unit.em, owner))) throw stale();
        const taken = await editsOf(unit.em, owner, body);
        requireReadable(taken);
        const note = { by: principal, reason: body.merge ? 'variables imported' : 'variables edited as text' };
        const { version, changed, revised } = await editVariables(ctx, unit, owner, taken.edits, note);
        await keepLayout(ctx, unit, owner, place.organisation, { parsed: taken.parsed, merge: body.merge });
        return { version, changed, warnings: [...taken.warnings], revised: revised.map((service) => service.id) };
      });
    },
  });
}

/** What edits would change, as the API shows it. */
async function changesOf(
  ctx: Pick<PluginContext, 'secrets'>,
  em: UnitOfWork['em'],
  principal: Principal,
  owner: Owner,
  edits: readonly Edit[],
): Promise<VariableChangeDocument[]> {
  const rows = new Map((await em.find(Variable, { owner: owner.id })).map((row) => [row.name, row]));
  return edits.flatMap(({ name, to }) => {
    const row = rows.get(name);
    const unchanged =
      row && to && row.kind !== 'sealed' && row.kind === to.kind && openValue(ctx.secrets, keep(row)) === to.value;
    return unchanged ? [] : [showChange(principal, { name, before: row ?? null, after: to })];
  });
}

function stale(): ContainrError {
  return new ContainrError({
    code: 'STALE',
    status: 412,
    detail: 'These variables have been changed since you read them.',
    hint: 'Read them again, look at what changed, and send your text with the new version.',
  });
}
