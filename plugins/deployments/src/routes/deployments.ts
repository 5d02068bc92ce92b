import type { Infer, Principal } from '@containr/sdk';
import { conflict, defineSchema, Id, invalid, listQuery, notFound, reply } from '@containr/sdk';
import type { DeploymentDocument, DeploymentSource } from '../contract.ts';
import { DeploymentDocument as Document, statusNames } from '../contract.ts';
import { Deployment } from '../entities/deployment.ts';
import { Snapshot } from '../entities/snapshot.ts';
import { requestCancel } from '../engine/complete.ts';
import type { Asker } from '../engine/freeze.ts';
import { createDeployment } from '../engine/create.ts';
import { promote } from '../engine/promote.ts';
import type { Road } from '../engine/road.ts';
import { storeOf } from '../engine/road.ts';
import { documentsOf } from '../documents.ts';
import { isOpen } from '../machine.ts';
import { organisationOf } from './caller.ts';
import { listDeployments } from './list.ts';
import { Reason, WithReason } from './override-reason.ts';

const Params = defineSchema({ type: 'object', properties: { id: Id }, required: ['id'], additionalProperties: false });
const text = (maxLength: number) => ({ anyOf: [{ type: 'string', maxLength }, { type: 'null' }] }) as const;

/** `rebuild`: builds the source again where the artifact is gone. */
const RollbackHow = defineSchema({
  type: 'object',
  properties: { rebuild: { type: 'boolean' } },
  additionalProperties: false,
});

const PromoteTo = defineSchema({
  type: 'object',
  properties: { environment: Id, overrideReason: Reason },
  required: ['environment'],
  additionalProperties: false,
});

const ListQuery = defineSchema({
  type: 'object',
  properties: {
    ...listQuery,
    service: Id,
    project: Id,
    environment: Id,
    status: { type: 'string', enum: statusNames },
  },
  required: ['limit'],
  additionalProperties: false,
});

const Page = defineSchema({
  type: 'object',
  properties: { items: { type: 'array', items: Document }, nextCursor: text(400) },
  required: ['items', 'nextCursor'],
  additionalProperties: false,
});

const Create = defineSchema({
  type: 'object',
  properties: {
    service: Id,
    /** Left out: the source of the latest deployment. `upload` is the id that `POST /uploads` gave. */
    source: {
      type: 'object',
      properties: {
        kind: { type: 'string', enum: ['git', 'upload', 'image'] },
        upload: Id,
        treeHash: text(64),
        ref: text(400),
        commit: text(64),
        message: text(2000),
        author: text(400),
      },
      required: ['kind'],
      additionalProperties: false,
    },
    revision: { type: 'integer', minimum: 1 },
    overrideReason: Reason,
  },
  required: ['service'],
  additionalProperties: false,
});

/** The routes of deployments. */
export function deploymentRoutes(road: Road): void {
  const { ctx } = road;

  ctx.http.route<true, typeof ListQuery, true, typeof Page>({
    method: 'GET',
    path: '/deployments',
    permission: 'deployment:read',
    summary: 'Lists deployments, newest first; the plans are left out',
    query: ListQuery,
    response: Page,
    handler: ({ query, principal }) => listDeployments(road, organisationOf(principal), query),
  });

  ctx.http.route<typeof Params, true, true, typeof Document>({
    method: 'GET',
    path: '/deployments/{id}',
    permission: 'deployment:read',
    summary: 'Shows a deployment with its phases',
    params: Params,
    response: Document,
    handler: async ({ params, principal }) => one(road, organisationOf(principal), params.id),
  });

  ctx.http.route<true, true, typeof Create, typeof Document>({
    method: 'POST',
    path: '/deployments',
    permission: 'deployment:create',
    summary: 'Deploys a source, or the latest one again',
    body: Create,
    response: Document,
    status: 201,
    async handler({ body, principal }) {
      const organisation = organisationOf(principal);
      const source = body.source ? await sourceOf(road, organisation, body.source) : null;
      return created(
        road,
        await createDeployment(road, {
          organisation,
          service: body.service,
          source,
          revision: body.revision ?? null,
          createdBy: principal.name,
          asker: askerOf(principal, body),
        }),
      );
    },
  });

  ctx.http.route<typeof Params, true, true, typeof Document>({
    method: 'POST',
    path: '/deployments/{id}/cancel',
    permission: 'deployment:cancel',
    summary: 'Ends a deployment that is under way; while it is watched, the routes go back',
    params: Params,
    response: Document,
    status: 202,
    async handler({ params, principal }) {
      const organisation = organisationOf(principal);
      const deployment = await row(road, organisation, params.id);
      if (!(await requestCancel(road, organisation, deployment.id))) {
        throw conflict(
          'CONFLICT_DEPLOYMENT_ENDED',
          `Deployment #${deployment.number} is ${deployment.status}, so there is nothing to cancel.`,
          'To go back to an earlier version, roll back to its deployment.',
        );
      }
      return one(road, organisation, deployment.id);
    },
  });

  ctx.http.route<typeof Params, typeof RollbackHow, typeof WithReason, typeof Document>({
    method: 'POST',
    path: '/deployments/{id}/rollback',
    permission: 'deployment:create',
    summary: 'Deploys the artifact and revision of an earlier deployment again',
    params: Params,
    query: RollbackHow,
    body: WithReason,
    response: Document,
    status: 201,
    async handler({ params, query, body, principal }) {
      const organisation = organisationOf(principal);
      const target = await row(road, organisation, params.id);
      if (target.artifact === null || isOpen(target.status)) {
        throw conflict(
          'CONFLICT_NO_ARTIFACT',
          `Deployment #${target.number} has no finished artifact to go back to.`,
          'Choose a deployment that was live.',
        );
      }
      return created(
        road,
        await createDeployment(road, {
          organisation,
          service: target.service,
          source: target.source,
          revision: target.revision,
          createdBy: principal.name,
          asker: askerOf(principal, body),
          rollbackOf: target,
          // What is there is used as it is.
          rebuild: (query.rebuild ?? false) && target.artifactRemovedAt !== null,
        }),
      );
    },
  });

  ctx.http.route<typeof Params, true, typeof WithReason, typeof Document>({
    method: 'POST',
    path: '/deployments/{id}/redeploy',
    permission: 'deployment:create',
    summary: 'Builds and deploys the same source again, with the newest revision',
    params: Params,
    body: WithReason,
    response: Document,
    status: 201,
    async handler({ params, body, principal }) {
      const organisation = organisationOf(principal);
      const target = await row(road, organisation, params.id);
      return created(
        road,
        await createDeployment(road, {
          organisation,
          service: target.service,
          source: target.source,
          revision: null,
          createdBy: principal.name,
          asker: askerOf(principal, body),
          rebuild: true,
        }),
      );
    },
  });

  ctx.http.route<typeof Params, true, typeof PromoteTo, typeof Document>({
    method: 'POST',
    path: '/deployments/{id}/promote',
    permission: 'deployment:create',
    summary:
      'Deploys the artifact of what serves in the service of the same slug in another environment, without a build',
    params: Params,
    body: PromoteTo,
    response: Document,
    status: 201,
    async handler({ params, body, principal }) {
      const organisation = organisationOf(principal);
      const { environment } = body;
      const asker = askerOf(principal, body);
      const order = { organisation, deployment: params.id, environment, createdBy: principal.name, asker };
      return created(road, await promote(road, order));
    },
  });
}

function askerOf(principal: Principal, { overrideReason }: { readonly overrideReason?: string }): Asker {
  return { principal, reason: overrideReason?.trim() ?? null };
}

async function created(road: Road, deployment: Deployment) {
  return reply({
    status: 201,
    headers: { location: `/api/v1/deployments/${deployment.id}` },
    body: await one(road, deployment.organisation, deployment.id),
  });
}

/** The row of a deployment of an organisation. Throws `NOT_FOUND`. */
export async function row(road: Road, organisation: string, id: string): Promise<Deployment> {
  const found = await storeOf(road, organisation).transaction((unit) =>
    unit.em.findOne(Deployment, { id, organisation }),
  );
  if (!found) throw notFound('deployment');
  return found;
}

/** One deployment as the API shows it. Throws `NOT_FOUND`. */
export async function one(road: Road, organisation: string, id: string): Promise<DeploymentDocument> {
  const [document] = await documentsOf(road, organisation, [await row(road, organisation, id)]);
  if (!document) throw notFound('deployment');
  return document;
}

async function sourceOf(
  road: Road,
  organisation: string,
  given: NonNullable<Infer<typeof Create>['source']>,
): Promise<DeploymentSource> {
  let treeHash = given.treeHash ?? null;
  if (given.upload !== undefined) {
    const id = given.upload;
    const snapshot = await storeOf(road, organisation).transaction((unit) =>
      unit.em.findOne(Snapshot, { id, organisation }),
    );
    if (!snapshot) throw notFound('upload');
    treeHash = snapshot.treeHash;
  }
  if (treeHash === null && given.kind !== 'image') {
    throw invalid(
      'The source names no upload.',
      [{ path: '/source/upload', message: 'is missing' }],
      'Send an archive to POST /uploads and name its id.',
    );
  }
  return {
    kind: given.kind,
    ref: given.ref ?? null,
    commit: given.commit ?? null,
    message: given.message ?? null,
    author: given.author ?? null,
    treeHash,
  };
}
