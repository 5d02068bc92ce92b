import { createHash } from 'node:crypto';
import type { Principal } from '@containr/sdk';

/** Something that was done or refused. Never a body, a query or a secret. */
export interface AuditEntry {
  readonly at: Date;
  readonly organisation: string | null;
  readonly principal: Pick<Principal, 'kind' | 'id' | 'name' | 'via'>;
  /** `METHOD /path/{template}`, or a verb of the platform such as `plugin.disable`. */
  readonly action: string;
  /** Who answered: a plugin, or `kernel`. */
  readonly plugin: string;
  /** What it was done to: the parameters of the path. */
  readonly targets: Readonly<Record<string, string>>;
  /** HTTP status of the answer; `null` for what is no request. */
  readonly status: number | null;
  readonly requestId: string | null;
  readonly address: string | null;
}

/** An entry in its place in the chain. */
export interface AuditRow extends AuditEntry {
  /** Counts from 1 without a gap. */
  readonly position: number;
  /** Hash of the row before; {@link genesis} for the first. */
  readonly previous: string;
  readonly hash: string;
}

/** What the first row follows. */
export const genesis = '0'.repeat(64);

const longest = 300;

/** SHA-256 over the row in one fixed written form, and over the hash of the row before. */
export function hashOf(row: Omit<AuditRow, 'hash'>): string {
  const { principal } = row;
  const written = JSON.stringify([
    row.position,
    row.at.toISOString(),
    row.organisation,
    [principal.kind, principal.id, principal.name, principal.via],
    row.action,
    row.plugin,
    Object.entries(row.targets).sort(([a], [b]) => (a < b ? -1 : 1)),
    row.status,
    row.requestId,
    row.address,
    row.previous,
  ]);
  return createHash('sha256').update(written).digest('hex');
}

/** The entry as it can be kept: callers choose ids and addresses, so texts are cut and lose what Postgres can't hold. */
export function tidy(entry: AuditEntry): AuditEntry {
  const { kind, id, name, via } = entry.principal;
  return {
    at: entry.at,
    organisation: entry.organisation,
    principal: { kind, id: plain(id), name: plain(name), via },
    action: plain(entry.action),
    plugin: plain(entry.plugin),
    targets: Object.fromEntries(Object.entries(entry.targets).map(([key, value]) => [plain(key), plain(value)])),
    status: entry.status,
    requestId: entry.requestId === null ? null : plain(entry.requestId),
    address: entry.address === null ? null : plain(entry.address),
  };
}

function plain(text: string): string {
  return String(text)
    .slice(0, longest)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, '\uFFFD');
}
