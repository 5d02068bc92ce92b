import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { TestPlatform } from '@containr/testing';

/** One thing that can be read, and what it is. */
export interface Output {
  readonly what: string;
  readonly text: string;
}

/** Every row of every table, as text. */
export async function databaseOf(test: TestPlatform): Promise<readonly Output[]> {
  const client = await test.database.pool.connect();
  try {
    await client.query(`select set_config('containr.organisation', '*', false)`);
    const { rows } = await client.query<{ name: string }>(
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const found: Output[] = [];
    for (const { name } of rows) {
      const all = await client.query<{ one: string }>(`select one::text from ${name} as one`);
      // Bytes are hex in a row's text already; JSON is escaped once more there.
      found.push({ what: name, text: all.rows.map(({ one }) => `${one}\n${one.replaceAll('""', '"')}`).join('\n') });
    }
    return found;
  } finally {
    client.release(true);
  }
}

/** Every file below a folder, with who may read it. */
export async function filesIn(folder: string): Promise<readonly (Output & { readonly mode: number })[]> {
  const found = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    // What came from a registry knows nothing of ours.
    if (!entry.isFile() || entry.parentPath.includes('/toolchains/')) continue;
    const path = join(entry.parentPath, entry.name);
    const about = await stat(path).catch(() => null);
    const content = about ? await readFile(path).catch(() => null) : null;
    if (about && content)
      found.push({ what: relative(folder, path), text: content.toString('latin1'), mode: about.mode & 0o777 });
  }
  return found;
}

/** What the process table tells: arguments, which everybody may read, and variables, which only the process's own user may. */
export async function processes(): Promise<
  readonly { readonly pid: number; readonly uid: number; readonly command: string; readonly variables: string }[]
> {
  const found = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const variables = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    const uid = Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1] ?? 0);
    found.push({ pid: Number(name), uid, command, variables });
  }
  return found;
}
