import type { CertificateSet, RouteTable } from '../contracts/ingress.ts';
import { ContainrError } from '../errors.ts';
import type { Controlled } from './control.ts';

/** How the program of an ingress is started. */
export interface IngressStart {
  readonly port: number;
  readonly host: string;
  /** Path of the control socket. */
  readonly socket: string;
  /** Path of the file that keeps the last table; the certificates are kept beside it. */
  readonly state: string;
  /** Names the code that runs, so that the agent sees when there is newer one. */
  readonly version: string;
  /** Another ingress of this install listens at the same ports, and leaves when this one serves. */
  readonly isShared: boolean;
}

/** What a program of an ingress runs. */
export interface IngressProgram extends Controlled {
  /** The port that plain requests arrive at. */
  readonly port: number;
  /** Loads what was kept, then listens. Throws `PORT_IN_USE`, `PORT_FORBIDDEN`, `ADDRESS_INVALID`. */
  start(): Promise<void>;
  /** Takes no new connections from when it resolves; those that are open are closed with their next answer, or by their client. */
  retire(): Promise<void>;
  /** Takes no new connections, lets running requests end until the deadline, then closes everything. */
  stop(deadlineMs: number): Promise<void>;
}

/** The table of an ingress that was never told anything. */
export const emptyTable: RouteTable = { revision: 0, routes: [] };

/** The certificates of an ingress that was never told anything. */
export const noCertificates: CertificateSet = { revision: 0, certificates: [] };

/** Throws `STALE` for a document that is older than the one that is followed. */
export function refuseStale(what: string, offered: number, applied: number): void {
  if (offered >= applied) return;
  throw new ContainrError({
    code: 'STALE',
    status: 412,
    detail: `Revision ${offered} of ${what} is older than the applied ${applied}.`,
    hint: 'Read the newest and apply that.',
  });
}
