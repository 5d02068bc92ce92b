import type { AgentContext } from '../agent/index.ts';
import { ingressCapabilities } from '../contracts/ingress-capabilities.ts';
import { CertificateSet, RouteTable } from '../contracts/ingress.ts';
import { isContainrError } from '../errors.ts';
import { askCounts, askHealth, askInFlight, putCertificates, putTable } from './control-client.ts';
import { keepIngress } from './keeper.ts';
import { leavingPath } from './run-ingress.ts';
import type { StateFile } from './state-file.ts';
import { openStateFile } from './state-file.ts';

/** What an ingress is on its node. */
export interface ServedIngress {
  /** Its driver's name, for example `haproxy`. */
  readonly driver: string;
  /** The one of the manifest's programs that calls `runIngress`. */
  readonly program: string;
  /** Resolves when the node has what the program needs; it has at once when absent. */
  readonly able?: Promise<void>;
}

/** Keeps a document for an ingress that does not run, unless it kept a newer one. */
async function keep<T extends { readonly revision: number }>(
  file: StateFile<T>,
  document: T,
): Promise<{ applied: boolean; revision: number }> {
  const kept = await file.load({ ...document, revision: -1 });
  if (kept.revision > document.revision) return { applied: false, revision: kept.revision };
  await file.save(document);
  return { applied: true, revision: document.revision };
}

/** Serves an ingress on its node: keeps its program running in a session of its own, and hands it what the control plane says. */
export async function serveIngress(agent: AgentContext, { driver, program, able }: ServedIngress): Promise<void> {
  const can = ingressCapabilities(driver);
  const keeper = await keepIngress(agent, program);
  const tables = openStateFile<RouteTable>(keeper.state, RouteTable);
  const certificates = openStateFile<CertificateSet>(`${keeper.state}.certificates`, CertificateSet);
  agent.capability(can.inFlight, async () => {
    const inFlight: Record<string, number> = {};
    for (const socket of [keeper.socket, leavingPath(keeper.socket)]) {
      // One that does not run carries nothing.
      if (!(await askHealth(socket))) continue;
      for (const [replica, count] of Object.entries(await askInFlight(socket)))
        inFlight[replica] = (inFlight[replica] ?? 0) + count;
    }
    return { inFlight, port: (await askHealth(keeper.socket))?.port ?? null };
  });
  agent.capability(can.counts, () => askCounts(keeper.socket));
  agent.capability(can.leave, async () => ({ left: await keeper.leave() }));
  if (able) void able.then(offer, () => undefined);
  else offer();

  function offer(): void {
    agent.capability(can.apply, async ({ table, ...place }) => {
      // It takes requests as soon as it is there, so it begins with this table.
      const { health, note } = await keeper.ensure(place, () => keep(tables, table).then(() => undefined));
      const handed = await putTable(keeper.socket, table).catch(async (error: unknown) => {
        // One that an earlier version started may not know what a table says by now.
        if (!isContainrError(error) || error.code !== 'INGRESS_REFUSED' || keeper.isCurrent(health)) throw error;
        await keeper.renew(place);
        return putTable(keeper.socket, table);
      });
      return { ...handed, note: note ?? (await askHealth(keeper.socket))?.note ?? null };
    });
    agent.capability(can.certify, async ({ set, ...place }) => {
      // It is started with its first table, and finds them then.
      const kept = await keeper.whileAway(() => keep(certificates, set));
      if (kept) return kept;
      const { health } = await keeper.ensure(place);
      if (health.certificates === undefined) await keeper.renew(place);
      return putCertificates(keeper.socket, set);
    });
  }
}
