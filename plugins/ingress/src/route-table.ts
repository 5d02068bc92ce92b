import type { PluginContext, UnitOfWork } from '@containr/sdk';
import type { CertificateSet, Challenge, Route, RouteTable } from '@containr/sdk/contracts';
import { proofPath, proofText } from './domains/prove.ts';
import { Certificate } from './entities/certificate.entity.ts';
import { Challenge as ChallengeRow } from './entities/challenge.entity.ts';
import { Domain } from './entities/domain.entity.ts';
import { Host } from './entities/host.entity.ts';
import { Name } from './entities/name.entity.ts';
import { Target } from './entities/target.entity.ts';
import { hostsOf } from './host-names.ts';
import { bumpCertificates, bumpRevision, readCertificateRevision, readRevision } from './revision.ts';
import type { Settings } from './settings.ts';

const reason = 'the route table holds every organisation';

type Targets = ReadonlyMap<string, Target>;

function towards(
  targets: Targets,
  service: string,
): Pick<Route, 'service' | 'deployment' | 'upstreams' | 'balance' | 'held'> {
  const target = targets.get(service);
  return {
    service,
    deployment: target?.deployment ?? null,
    upstreams: target?.upstreams ?? [],
    balance: target?.balance ?? 'round-robin',
    ...(target?.heldUntil ? { held: target.heldUntil.getTime() } : {}),
  };
}

async function customRoutes(
  unit: UnitOfWork,
  targets: Targets,
  hosts: readonly Host[],
  canBeSecure: boolean,
): Promise<Route[]> {
  const owned = new Map(hosts.filter((host) => host.verifiedAt !== null).map((host) => [host.id, host.host]));
  if (owned.size === 0) return [];
  const certified = new Set(
    (await unit.em.find(Certificate, { chain: { $ne: null } }, { fields: ['hostId'] })).map((row) => row.hostId),
  );
  const domains = await unit.em.find(Domain, { hostId: { $in: [...owned.keys()] } }, { orderBy: { id: 'asc' } });
  return domains.map((domain) => ({
    host: owned.get(domain.hostId) ?? '',
    path: domain.path,
    ...towards(targets, domain.service),
    ...(domain.redirectTo === null ? {} : { redirect: domain.redirectTo }),
    // Only what has a certificate can send visitors to HTTPS.
    ...(canBeSecure && domain.https === 'redirect' && certified.has(domain.hostId) ? { secure: true } : {}),
    ...(domain.headers.length === 0 ? {} : { headers: domain.headers }),
    ...(domain.users.length === 0 ? {} : { users: domain.users.map(({ name, hash }) => ({ name, hash })) }),
  }));
}

async function challengesOf(unit: UnitOfWork, hosts: readonly Host[]): Promise<Challenge[]> {
  const asked = await unit.em.find(ChallengeRow, {});
  return [
    ...asked.map(({ host, path, body }) => ({ host, path, body })),
    ...hosts
      .filter(({ host, proof }) => proof !== 'dns' && !host.startsWith('*.'))
      .map(({ host, token }) => ({ host, path: proofPath(token), body: proofText(token) })),
  ];
}

/** The newest route table. Its number is read first: what is read after it is at least as new. */
export async function buildTable(ctx: PluginContext<Settings>): Promise<RouteTable> {
  return ctx.store.system(reason).transaction(async (unit) => {
    const settings = ctx.settings.current;
    const revision = await readRevision(unit);
    const targets = new Map((await unit.em.find(Target, {})).map((target) => [target.service, target]));
    const names = await unit.em.find(Name, {}, { orderBy: { label: 'asc' } });
    const generated = names.flatMap(({ label, service }) =>
      hostsOf(label, settings).map((host) => ({ host, path: '/', ...towards(targets, service) })),
    );
    const hosts = await unit.em.find(Host, {}, { orderBy: { id: 'asc' } });
    const custom = await customRoutes(unit, targets, hosts, settings.tlsPort !== null);
    return {
      revision,
      routes: [...generated, ...custom],
      challenges: await challengesOf(unit, hosts),
      tlsPort: settings.tlsPort,
    };
  });
}

/** The newest certificates, with their keys opened. Throws `SECRET_UNREADABLE` rather than leave one out. */
export async function buildCertificates(ctx: PluginContext<Settings>): Promise<CertificateSet> {
  return ctx.store.system(reason).transaction(async (unit) => {
    const revision = await readCertificateRevision(unit);
    const hosts = new Map(
      (await unit.em.find(Host, { verifiedAt: { $ne: null } })).map((host) => [host.id, host.host]),
    );
    const rows = await unit.em.find(Certificate, { chain: { $ne: null } }, { orderBy: { id: 'asc' } });
    return {
      revision,
      certificates: rows.flatMap(({ id, hostId, chain, key }) => {
        const host = hosts.get(hostId);
        return host === undefined || chain === null || key === null
          ? []
          : [{ host, chain, key: ctx.secrets.open(id, key) }];
      }),
    };
  });
}

/** Numbers the table anew, at least `least`. */
export async function renumber(ctx: PluginContext<Settings>, least = 0): Promise<number> {
  return ctx.store.system(reason).transaction((unit) => bumpRevision(unit, least));
}

/** Numbers the certificates anew, at least `least`. */
export async function renumberCertificates(ctx: PluginContext<Settings>, least = 0): Promise<number> {
  return ctx.store.system(reason).transaction((unit) => bumpCertificates(unit, least));
}

/** The number of the newest table. */
export async function newestRevision(ctx: PluginContext<Settings>): Promise<number> {
  return ctx.store.system(reason).transaction(readRevision);
}

/** The number of the newest certificates. */
export async function newestCertificates(ctx: PluginContext<Settings>): Promise<number> {
  return ctx.store.system(reason).transaction(readCertificateRevision);
}
