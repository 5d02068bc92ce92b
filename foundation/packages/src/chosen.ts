import type { Pool } from 'pg';
import type { Manifest } from '@containr/sdk';
import { readManifest } from './package.ts';

/** One version of a plugin that is installed, chosen or not. */
export interface PackageVersion {
  readonly name: string;
  readonly version: string;
  /** Full name, for example `@acme/plugin-mail`. */
  readonly package: string;
  readonly sha256: string;
  /** Size of the archive. */
  readonly bytes: number;
  readonly manifest: Manifest;
  /** Where it came from, in the words of who installed it. */
  readonly source: string;
  readonly installedAt: string;
  readonly installedBy: string;
  /** `null` for a version that is not chosen. */
  readonly trust: 'trusted' | 'isolated' | null;
}

interface Row {
  name: string;
  version: string;
  package: string;
  sha256: string;
  bytes: number;
  manifest: unknown;
  source: string;
  installed_at: Date;
  installed_by: string;
  trust: 'trusted' | 'isolated' | null;
}

const columns = `p.name, p.version, p.package, p.sha256, length(p.archive) as bytes, p.manifest, p.source, p.installed_at,
  p.installed_by, c.trust`;

/** The rows that say what is installed and chosen. */
export function openChosen(pool: Pool) {
  async function read(where: string, values: readonly unknown[]): Promise<readonly PackageVersion[]> {
    const { rows } = await pool.query<Row>(
      `select ${columns} from containr.packages p
         left join containr.package_choices c on c.name = p.name and c.version = p.version
        where ${where} order by p.installed_at, p.version`,
      [...values],
    );
    return rows.map(({ installed_at: at, installed_by: installedBy, manifest, ...row }) => ({
      ...row,
      manifest: readManifest(row.name, manifest),
      installedAt: at.toISOString(),
      installedBy,
    }));
  }

  return {
    /** The version of each plugin that is to serve. */
    current: () => read('c.version is not null', []),
    /** Every installed version of one, oldest first. */
    versions: (name: string) => read('p.name = $1', [name]),
    /** Keeps a version; the first one of a plugin is chosen, to run isolated. */
    async add(row: Omit<PackageVersion, 'installedAt' | 'bytes' | 'trust'>, archive: Uint8Array): Promise<void> {
      await pool.query(
        `with added as (
           insert into containr.packages (name, version, package, sha256, archive, manifest, source, installed_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning name, version)
         insert into containr.package_choices (name, version, trust, changed_by)
         select name, version, 'isolated', $8 from added on conflict do nothing`,
        [
          row.name,
          row.version,
          row.package,
          row.sha256,
          Buffer.from(archive),
          JSON.stringify(row.manifest),
          row.source,
          row.installedBy,
        ],
      );
    },
    /** The archive of a version; `null` when it was removed. */
    async archive(name: string, version: string): Promise<Buffer | null> {
      const { rows } = await pool.query<{ archive: Buffer }>(
        'select archive from containr.packages where name = $1 and version = $2',
        [name, version],
      );
      return rows[0]?.archive ?? null;
    },
    /** Changes which version serves, or how far it is trusted. */
    async choose(name: string, version: string, trust: 'trusted' | 'isolated', by: string): Promise<void> {
      await pool.query(
        `update containr.package_choices set version = $2, trust = $3, changed_by = $4, changed_at = now() where name = $1`,
        [name, version, trust, by],
      );
    },
    /** Forgets one version; `false`: it is the chosen one, or it is not there. */
    async removeVersion(name: string, version: string): Promise<boolean> {
      const { rowCount } = await pool.query(
        `delete from containr.packages p where name = $1 and version = $2
           and not exists (select from containr.package_choices c where c.name = p.name and c.version = p.version)`,
        [name, version],
      );
      return rowCount === 1;
    },
    /** Forgets every version of a plugin. */
    async remove(name: string): Promise<void> {
      await pool.query(
        `with gone as (delete from containr.package_choices where name = $1)
         delete from containr.packages where name = $1`,
        [name],
      );
    },
  };
}
