import type { UnitOfWork } from '@containr/sdk';
import { artifactKey } from '../artifact-key.ts';
import { Deployment } from '../entities/deployment.ts';
import { Snapshot } from '../entities/snapshot.ts';
import { query, timeOf } from '../engine/query.ts';
import type { Kept, User } from './decide.ts';

/** Something that may be cleaned up, with what is needed to do it and to tell of it. */
export interface Candidate extends Kept {
  readonly kind: 'artifact' | 'snapshot';
  readonly organisation: string;
  /** Newest deployment that it belongs to. */
  readonly newest: UserRow | null;
}

type UserRow = Pick<
  Deployment,
  | 'id'
  | 'organisation'
  | 'service'
  | 'name'
  | 'number'
  | 'status'
  | 'pinned'
  | 'createdAt'
  | 'liveAt'
  | 'endedAt'
  | 'serviceDeletedAt'
>;

const fields = [
  'id',
  'organisation',
  'service',
  'name',
  'number',
  'status',
  'artifact',
  'pinned',
  'createdAt',
  'liveAt',
  'endedAt',
  'serviceDeletedAt',
] as const;

/** Artifacts on these nodes that were not removed, as one transaction sees them. */
export async function artifactCandidates(unit: UnitOfWork, nodes: ReadonlySet<string>): Promise<Candidate[]> {
  const rows = await unit.em.find(
    Deployment,
    { artifactKey: { $ne: null }, artifactRemovedAt: null },
    { fields, orderBy: { number: 'asc' } },
  );
  return [...Map.groupBy(rows, (row) => artifactKey(row.artifact) ?? '')].flatMap(([key, own]): Candidate[] => {
    const newest = own.at(-1) ?? null;
    if (!newest?.artifact || !nodes.has(newest.artifact.node)) return [];
    return [
      {
        key,
        kind: 'artifact',
        place: newest.artifact.node,
        sizeBytes: newest.artifact.sizeBytes,
        usedAt: 0,
        users: own.map(userOf),
        organisation: newest.organisation,
        newest,
      },
    ];
  });
}

/** Snapshots of sources, by content; one may be of several organisations. */
export async function snapshotCandidates(unit: UnitOfWork): Promise<Candidate[]> {
  const snapshots = await unit.em.find(Snapshot, {});
  const users = Map.groupBy(
    await usersOfTrees(unit, [...new Set(snapshots.map((one) => one.treeHash))]),
    (row) => row.tree,
  );
  return [...Map.groupBy(snapshots, (one) => one.treeHash)].map(([hash, own]): Candidate => {
    const ours = users.get(hash) ?? [];
    return {
      key: hash,
      kind: 'snapshot',
      place: null,
      sizeBytes: own[0]?.sizeBytes ?? 0,
      usedAt: Math.max(...own.map((one) => one.usedAt.getTime())),
      users: ours.map(userOf),
      organisation: own[0]?.organisation ?? '',
      newest: ours.at(-1) ?? null,
    };
  });
}

/** The deployments of these sources, oldest first. */
export async function usersOfTrees(
  unit: UnitOfWork,
  hashes: readonly string[],
): Promise<readonly (UserRow & { readonly tree: string })[]> {
  if (hashes.length === 0) return [];
  const rows = await query<Record<string, unknown>>(
    unit,
    `select id, organisation, service, name, number, status, pinned, created_at, live_at, ended_at, service_deleted_at,
       source->>'treeHash' as tree
     from plugin_deployments.deployments where source->>'treeHash' = any(?::text[]) order by created_at, number`,
    [`{${hashes.join(',')}}`],
  );
  return rows.map((row) => ({
    id: String(row['id']),
    organisation: String(row['organisation']),
    service: String(row['service']),
    name: String(row['name']),
    number: Number(row['number']),
    status: String(row['status']) as Deployment['status'],
    pinned: row['pinned'] === true,
    createdAt: timeOf(row['created_at']) ?? new Date(0),
    liveAt: timeOf(row['live_at']),
    endedAt: timeOf(row['ended_at']),
    serviceDeletedAt: timeOf(row['service_deleted_at']),
    tree: String(row['tree']),
  }));
}

/** A deployment as the decision sees it. */
export function userOf(row: UserRow): User {
  const times = [row.createdAt, row.liveAt, row.endedAt].flatMap((time) => (time ? [time.getTime()] : []));
  return {
    deployment: row.id,
    service: row.service,
    number: row.number,
    status: row.status,
    wasLive: row.liveAt !== null,
    pinned: row.pinned,
    serviceGone: row.serviceDeletedAt !== null,
    usedAt: Math.max(...times),
  };
}
