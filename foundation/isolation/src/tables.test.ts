import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPlugin, startTestPlatform, until } from '@containr/testing';
import type { TestPlatform } from '@containr/testing';
import { expect } from 'chai';

const mine = '11111111-1111-4111-8111-111111111111';
const others = '22222222-2222-4222-8222-222222222222';

const code = (table: string) => `
import { EntitySchema } from '@mikro-orm/core';
const Note = new EntitySchema({ name: 'Note', tableName: '${table}', properties: {
  id: { type: 'uuid', primary: true }, organisation: { type: 'uuid' }, text: { type: 'string' }, at: { type: 'datetime' },
  tags: { type: 'json' }, size: { type: 'integer' },
} });
const any = { input: true, permission: 'note:read', summary: 'x' };
const Told = { type: 'event', name: '${table}.told', payload: true, permission: '${table}:read', topics: () => [] };
const Later = { type: 'job', name: '${table}.later', input: true, summary: 'x' };
export default {
  entities: [Note],
  migrations: [{ name: '0001-init', up: [
    'create table ${table} (id uuid primary key, organisation uuid not null, text text not null unique, at timestamptz not null, tags jsonb not null, size int not null)',
    'create index ${table}_of on ${table} (organisation, id)',
  ] }],
  async setup(ctx) {
    const heard = [];
    const route = (method, path, handler) => ctx.http.route({ method, path: '/${table}' + path, permission: '${table}:read', summary: 'x', body: true, query: true, response: true, handler });
    const of = (organisation) => ctx.store.for(ctx.principal(organisation));
    ctx.events.define(Told);
    ctx.events.on(Told, async ({ payload }) => void heard.push('event ' + payload.text));
    ctx.jobs.handle(Later, async ({ input }) => void heard.push('job ' + input.text));
    const add = (of, fail) => (unit) => (async () => {
      unit.em.create(Note, { at: new Date('2026-01-01T00:00:00Z'), tags: ['a', { b: 1 }], size: 3, ...of });
      await unit.em.flush();
      unit.emit(Told, of);
      await unit.enqueue(Later, of);
      if (fail) throw new Error('the work failed');
      return of;
    })();
    route('POST', '', ({ body: { fail, ...note } }) => of(note.organisation).transaction(add(note, fail)));
    route('PATCH', '', ({ body }) => of(body.organisation).transaction(async ({ em }) => {
      (await em.findOneOrFail(Note, { id: body.id })).text = body.text;
    }));
    route('GET', '', ({ query }) => of(query.organisation).transaction(({ em }) => em.find(Note, { id: { $gt: query.after ?? '${'0'.repeat(8)}-0000-0000-0000-000000000000' } }, { orderBy: { id: 'asc' }, limit: 2 })));
    route('GET', '/heard', () => heard);
    route('POST', '/sql', ({ body }) => of(body.organisation).transaction(async ({ em }) => {
      const rows = await em.execute(body.sql);
      return { rows: rows.length, first: rows[0] ?? null };
    }));
  },
};
`;

async function write(folder: string, name: string): Promise<void> {
  await mkdir(join(folder, name));
  const manifest = {
    name: `@example/plugin-${name}`,
    version: '1.0.0',
    type: 'module',
    exports: './plugin.js',
    containr: { displayName: name, requires: {}, permissions: { [`${name}:read`]: 'Read' }, segments: [name] },
  };
  await writeFile(join(folder, name, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(folder, name, 'plugin.js'), code(name));
}

describe('tables of a plugin in a process of its own', function () {
  this.timeout(60_000);
  let folder: string;
  let test: TestPlatform;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-tables-'));
    await chmod(folder, 0o755);
    await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'));
    for (const name of ['notes', 'leaves']) await write(folder, name);
    test = await startTestPlatform({
      plugins: await Promise.all(['notes', 'leaves'].map((name) => readPlugin(join(folder, name), 'isolated'))),
    });
  });
  after(async () => {
    await test?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const id = (n: number) => `00000000-0000-7000-8000-00000000000${n}`;
  const send = (path: string, body: object, method: 'POST' | 'PATCH' = 'POST') => test.console(path, { method, body });
  const sql = (text: string, organisation = mine) => send('/notes/sql', { organisation, sql: text });

  it('are written and read, page by page, each organisation its own', async () => {
    for (const n of [1, 2, 3]) {
      const made = await send('/notes', { id: id(n), organisation: mine, text: `note ${n}` });
      expect(made.status, made.text).to.equal(200);
    }
    await send('/notes', { id: id(4), organisation: others, text: 'theirs' });
    await send('/notes', { id: id(2), organisation: mine, text: 'changed' }, 'PATCH');
    const first = await test.console(`/notes?organisation=${mine}`);
    expect(first.json, first.text).to.have.length(2);
    expect(first.field(1)).to.deep.equal({
      id: id(2),
      organisation: mine,
      text: 'changed',
      at: '2026-01-01T00:00:00.000Z',
      tags: ['a', { b: 1 }],
      size: 3,
    });
    const second = await test.console(`/notes?organisation=${mine}&after=${id(2)}`);
    expect(second.json).to.have.length(1);
    expect((await test.console(`/notes?organisation=${others}`)).field(0, 'text')).to.equal('theirs');
  });

  it('let events and jobs out with their transaction or not at all', async () => {
    const failed = await send('/notes', { id: id(5), organisation: mine, text: 'undone', fail: true });
    expect(failed.field('detail')).to.contain('the work failed');
    await send('/notes', { id: id(6), organisation: mine, text: 'done' });
    const heard = await until('both came', async () => {
      const all = (await test.console('/notes/heard')).json as string[];
      return all.includes('event done') && all.includes('job done') ? all : null;
    });
    expect(heard.filter((line) => line.includes('undone'))).to.deep.equal([]);
    expect((await sql(`select 1 from notes where text = 'undone'`)).field('rows')).to.equal(0);
  });

  it('let go out at the next start what a control plane that died had committed, and nothing that is not theirs', async () => {
    const told = (event: string, text: string) =>
      test.database.pool.query('insert into plugin_notes.containr_told (entry) values ($1)', [
        { emit: { event, payload: { text }, topics: [], organisation: null } },
      ]);
    await test.console('/plugins/notes/disable', { method: 'POST' });
    await told('leaves.told', 'forged');
    const queue = 'q'.repeat(200);
    await test.database.pool.query('insert into plugin_notes.containr_told (entry) values ($1)', [
      { enqueue: { job: 'notes.later', input: {}, queue } },
    ]);
    await told('notes.told', 'late');
    const on = await test.console('/plugins/notes/enable', { method: 'POST' });
    expect(on.status, on.text).to.equal(200);
    await until('it came', async () => ((await test.console('/notes/heard')).json as string[]).includes('event late'));
    expect((await test.console('/leaves/heard')).json).to.deep.equal([]);
    expect((await test.database.pool.query('select 1 from plugin_notes.containr_told')).rows).to.deep.equal([]);
  });

  it('keep a failure that the plugin may handle recognisable', async () => {
    const twice = await send('/notes', { id: id(7), organisation: mine, text: 'note 1' });
    expect(twice.field('detail')).to.contain('UniqueConstraintViolation');
  });

  const refused: readonly (readonly [name: string, sql: string, code: RegExp])[] = [
    ['reads what the platform keeps', 'select * from containr.audit', /STORE_FORBIDDEN/],
    ['reads settings of others', 'select * from containr.settings', /STORE_FORBIDDEN/],
    ['reads the tables of another plugin', 'select * from plugin_leaves.leaves', /STORE_FORBIDDEN/],
    ['starts a job of another', `select graphile_worker.add_job('x:y')`, /STORE_FORBIDDEN/],
    ['writes into another organisation', `update notes set organisation = '${others}'`, /STORE_FORBIDDEN/],
    ['reads a file of the server', `select pg_read_file('/etc/passwd')`, /STORE_FORBIDDEN/],
    ['becomes another role', 'set role containr', /SQL_REFUSED/],
    ['becomes itself anew', 'reset role', /SQL_REFUSED/],
    ['chooses its organisation', `select set_config('containr.organisation', '*', true)`, /SQL_REFUSED/],
    ['hides a name', `select U&"set\\005fconfig"('containr.organisation', '*', true)`, /SQL_REFUSED/],
    [
      'has a text run as SQL',
      `select query_to_xml('select set_' || 'config(''a.b'', ''*'', true)', true, true, '')`,
      /SQL_REFUSED/,
    ],
    ['runs two statements', `select 1; drop table notes`, /multiple commands/],
    ['ends its transaction', 'commit and chain', /SQL_REFUSED/],
    ['runs a program', `copy notes to program 'id'`, /SQL_REFUSED/],
    ['runs a block', `do $$ begin execute 'set role containr'; end $$`, /SQL_REFUSED/],
    ['drops the schema of another', 'drop schema plugin_leaves cascade', /SQL_REFUSED/],
    ['takes a lock of the platform', 'select pg_advisory_lock(1)', /SQL_REFUSED/],
    ['tells what nobody checked', `insert into containr_told (entry) values ('{}')`, /SQL_REFUSED/],
    ['wakes the platform', `select pg_notify('containr_outbox', '')`, /SQL_REFUSED/],
    [
      'makes a function with its owner’s rights',
      `create function f() returns int language sql security definer as 'select 1'`,
      /SQL_REFUSED/,
    ],
    ['changes the path that names are looked up on', 'set search_path = containr', /SQL_REFUSED/],
    ['names another schema by its path', 'select * from "plugin_leaves"."leaves"', /STORE_FORBIDDEN/],
    ['reads passwords', 'select rolpassword from pg_authid', /STORE_FORBIDDEN/],
    [
      'reads what others run',
      `select 1 / count(*) from pg_stat_activity where query like '%containr%' and usename <> session_user and query <> '<insufficient privilege>'`,
      /division by zero/,
    ],
    ['lists a folder of the server', `select pg_ls_dir('/')`, /STORE_FORBIDDEN/],
    ['imports a file of the server', `select lo_import('/etc/passwd')`, /SQL_REFUSED/],
    ['writes a large object', `select lo_from_bytea(0, 'x')`, /SQL_REFUSED/],
    ['copies a file into a table', `copy notes from '/etc/passwd'`, /SQL_REFUSED/],
    ['writes rows to a file', `copy notes to '/tmp/hostile-was-here'`, /SQL_REFUSED/],
    ['listens to the platform', 'listen containr_outbox', /SQL_REFUSED/],
    [
      'floods what the platform listens to',
      `select pg_notify('x', repeat('y', 7000)) from generate_series(1, 100000)`,
      /SQL_REFUSED/,
    ],
    [
      'ends the connections of others',
      `select pg_terminate_backend(pid) from pg_stat_activity where usename <> session_user`,
      /STORE_FORBIDDEN/,
    ],
    ['squats on a lock of its transaction', 'select pg_advisory_xact_lock(1)', /SQL_REFUSED/],
    ['tries locks', 'select pg_try_advisory_lock_shared(1, 2)', /SQL_REFUSED/],
    ['locks a table of the platform', 'lock table containr.settings', /SQL_REFUSED/],
    ['changes its own role', 'alter role current_user connection limit -1', /SQL_REFUSED/],
    ['prepares a transaction that stays', `prepare transaction 'x'`, /SQL_REFUSED/],
    ['turns the rules of its rows off', 'alter table notes disable row level security', /SQL_REFUSED/],
    ['begins with a comment', '/* */ set role containr', /SQL_REFUSED/],
    [
      'computes for ever',
      'with recursive r as (select 1 as n union all select n + 1 from r) select count(*) from r',
      /STORE_LIMIT/,
    ],
    [
      'sorts more than the server keeps',
      'select a from generate_series(1, 100000000) a order by random() limit 1',
      /STORE_LIMIT|temp_file_limit/,
    ],
    ['sleeps for ever', 'select pg_sleep(1000000)', /STORE_LIMIT/],
    ['asks for a gigabyte', `select repeat('x', 1000000) from generate_series(1, 1000)`, /STORE_LIMIT/],
  ];
  for (const [name, text, code] of refused) {
    it(`refuse SQL that ${name}, and others go on`, async () => {
      const answer = await sql(text);
      expect(answer.status, answer.text).to.be.at.least(400);
      expect(answer.text).to.match(code);
      expect((await test.console(`/leaves?organisation=${mine}`)).status).to.equal(200);
      expect((await sql('select 1 from notes')).status).to.equal(200);
    });
  }

  it('show an injected statement the rows of its organisation alone, and no way round the role', async () => {
    expect((await sql(`select 1 from notes where organisation = '${others}' or true`)).field('rows')).to.equal(4);
    expect((await sql('select session_user = current_user as same')).field('first', 'same')).to.equal(true);
    await sql('delete from notes where true', others);
    expect((await sql('select 1 from notes')).field('rows')).to.equal(4);
  });
});
