import type { FilterQuery } from '@mikro-orm/core';
import type { DeploymentDocument } from '../contract.ts';
import { phaseNames } from '../contract.ts';
import { documentsOf } from '../documents.ts';
import { Deployment } from '../entities/deployment.ts';
import type { Road } from '../engine/road.ts';
import { storeOf } from '../engine/road.ts';

/** What is exported, and how. */
export interface ExportOrder {
  readonly organisation: string;
  readonly format: 'csv' | 'ndjson';
  readonly where: FilterQuery<Deployment>;
}

const pageSize = 200;

const columns: Readonly<Record<string, (document: DeploymentDocument) => string | number | null>> = {
  id: ({ id }) => id,
  number: ({ number }) => number,
  project: ({ project }) => project,
  environment: ({ environment }) => environment,
  service: ({ service }) => service,
  status: ({ status }) => status,
  cause: ({ cause }) => cause?.code ?? null,
  revision: ({ revision }) => revision,
  kind: ({ source }) => source.kind,
  ref: ({ source }) => source.ref,
  commit: ({ source }) => source.commit,
  author: ({ source }) => source.author,
  message: ({ source }) => source.message,
  createdBy: ({ createdBy }) => createdBy,
  createdAt: ({ createdAt }) => createdAt,
  liveAt: ({ liveAt }) => liveAt,
  endedAt: ({ endedAt }) => endedAt,
  rollbackOf: ({ rollbackOf }) => rollbackOf,
  promotedFrom: ({ promotedFrom }) => promotedFrom,
  ...Object.fromEntries(
    phaseNames.map((name) => [
      `${name}Ms`,
      ({ phases }: DeploymentDocument) => phases.find((phase) => phase.name === name)?.durationMs ?? null,
    ]),
  ),
};

/** Deployments as text, oldest first, read page by page while it is taken. Plans are left out. */
export async function* exportDeployments(road: Road, order: ExportOrder, signal: AbortSignal): AsyncGenerator<string> {
  if (order.format === 'csv') yield line(Object.keys(columns));
  let last: string | null = null;
  while (!signal.aborted) {
    const after: FilterQuery<Deployment> = last === null ? {} : { id: { $gt: last } };
    const rows: readonly Deployment[] = await storeOf(road, order.organisation).transaction((unit) =>
      unit.em.find(
        Deployment,
        { $and: [{ organisation: order.organisation }, order.where, after] },
        { orderBy: { id: 'asc' }, limit: pageSize },
      ),
    );
    const documents = await documentsOf(road, order.organisation, rows);
    const text = documents.map((document) =>
      order.format === 'csv'
        ? line(Object.values(columns).map((column) => column(document)))
        : `${JSON.stringify({ ...document, plan: null })}\n`,
    );
    if (text.length > 0) yield text.join('');
    if (rows.length < pageSize) return;
    last = rows.at(-1)?.id ?? null;
  }
}

/** One line of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front. */
export function line(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
