import type { Pool } from 'pg';
import type { Logger, PluginContext, Principal } from '@containr/sdk';
import type { KeyRing } from '../secrets/key-ring.ts';
import { beginChain } from './head.ts';
import type { AuditFilter } from './list.ts';
import { listRows } from './list.ts';
import { registerAuditRoutes } from './routes.ts';
import type { AuditEntry, AuditRow } from './row.ts';
import type { AuditVerdict } from './verify.ts';
import { verifyChain } from './verify.ts';
import { createAuditWriter } from './writer.ts';

/** An answered request that may have changed something. */
export interface AnsweredRequest {
  readonly plugin: string;
  readonly method: string;
  /** As it was declared, for example `/plugins/{name}`. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly principal: Principal;
  readonly status: number;
  readonly requestId: string;
  readonly address: string;
}

/** Who did what, as a chain of hashes. */
export interface Audit {
  /** Resolves `true` when the entry is durable, `false` when that takes longer than 5 s. */
  append(entry: Omit<AuditEntry, 'at'>): Promise<boolean>;
  /** Records a request with its outcome; what an agent reports is part of what it was told to do, and has no row. */
  answered(request: AnsweredRequest): Promise<void>;
  /** Notes what the platform itself does. */
  note(principal: Principal, verb: string, targets: Readonly<Record<string, string>>): Promise<boolean>;
  list(filter: AuditFilter): Promise<{ items: readonly AuditRow[]; nextCursor: string | null }>;
  verify(): Promise<AuditVerdict>;
  /** Registers `/audit`. */
  routes(http: PluginContext['http']): void;
  /** Writes what waits. */
  stop(): Promise<void>;
}

/** Opens the audit log of an install, and begins it the first time. */
export async function openAudit(use: { pool: Pool; keyRing: KeyRing; log: Logger }): Promise<Audit> {
  const { pool, keyRing } = use;
  await beginChain(pool, keyRing);
  const writer = createAuditWriter(use);
  const audit: Audit = {
    append: (entry) => writer.append({ ...entry, at: new Date() }),
    async answered({ principal, method, path, params, ...rest }) {
      if (principal.kind === 'agent' && rest.status < 400) return;
      const { organisation } = principal;
      await audit.append({ ...rest, organisation, principal, action: `${method} ${path}`, targets: params });
    },
    note: (principal, verb, targets) =>
      audit.append({
        organisation: principal.organisation,
        principal,
        action: verb,
        plugin: 'kernel',
        targets,
        status: null,
        requestId: null,
        address: null,
      }),
    list: (filter) => listRows(pool, filter),
    verify: () => verifyChain(pool, keyRing),
    routes: (http) => registerAuditRoutes(http, audit),
    stop: () => writer.stop(),
  };
  return audit;
}
