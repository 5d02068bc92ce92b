import type { TestPlatform } from '@containr/testing';

/** Everything that an organisation has, as digests of its rows by table; what background work moves by itself is left out. */
export async function rowsOf(test: TestPlatform, organisation: string): Promise<Readonly<Record<string, string>>> {
  const client = await test.database.pool.connect();
  try {
    await client.query(`select set_config('containr.organisation', '*', false)`);
    const { rows } = await client.query<{ name: string }>(
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.columns
       where column_name = 'organisation' and table_schema in ('plugin_projects', 'plugin_auth')
       order by 1`,
    );
    const digests: Record<string, string> = {};
    for (const { name } of rows) {
      const found = await client.query<{ digest: string }>(
        `select count(*) || ' ' || md5(string_agg((to_jsonb(one) - 'last_used_at')::text, ',' order by to_jsonb(one)::text)) as digest
         from ${name} as one where organisation::text = $1`,
        [organisation],
      );
      digests[name] = found.rows[0]?.digest ?? '';
    }
    const others = await client.query<{ name: string; count: string }>(
      `select 'domains' as name, count(*)::text as count from plugin_ingress.domains where organisation::text = $1
       union all select 'deployments', count(*)::text from plugin_deployments.deployments where organisation::text = $1
       union all select 'runs', count(*)::text from plugin_runs.runs where organisation::text = $1`,
      [organisation],
    );
    for (const { name, count } of others.rows) digests[name] = count;
    return digests;
  } finally {
    client.release(true);
  }
}
