import type { Principal } from '@containr/sdk';
import type { AuditRow } from './row.ts';

/** A row as Postgres gives it. */
export interface StoredRow {
  readonly position: string;
  readonly at: Date;
  readonly organisation_id: string | null;
  readonly principal_kind: Principal['kind'];
  readonly principal_id: string;
  readonly principal_name: string;
  readonly principal_via: Principal['via'];
  readonly action: string;
  readonly plugin: string;
  readonly targets: Readonly<Record<string, string>>;
  readonly status: number | null;
  readonly request_id: string | null;
  readonly address: string | null;
  readonly previous: string;
  readonly hash: string;
}

/** The columns, in the order in which rows are written. */
export const columns =
  'position, at, organisation_id, principal_kind, principal_id, principal_name, principal_via, action, plugin, targets, status, request_id, address, previous, hash';

/** From the table. */
export function fromStored(row: StoredRow): AuditRow {
  return {
    position: Number(row.position),
    at: row.at,
    organisation: row.organisation_id,
    principal: {
      kind: row.principal_kind,
      id: row.principal_id,
      name: row.principal_name,
      via: row.principal_via,
    },
    action: row.action,
    plugin: row.plugin,
    targets: row.targets,
    status: row.status,
    requestId: row.request_id,
    address: row.address,
    previous: row.previous,
    hash: row.hash,
  };
}

/** To the table. */
export function toStored(row: AuditRow): Record<string, unknown> {
  return {
    position: row.position,
    at: row.at.toISOString(),
    organisation_id: row.organisation,
    principal_kind: row.principal.kind,
    principal_id: row.principal.id,
    principal_name: row.principal.name,
    principal_via: row.principal.via,
    action: row.action,
    plugin: row.plugin,
    targets: row.targets,
    status: row.status,
    request_id: row.requestId,
    address: row.address,
    previous: row.previous,
    hash: row.hash,
  };
}
