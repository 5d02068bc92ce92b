import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { requestWith } from '../fuzz/ask-with.ts';
import { wrongAnswer } from '../fuzz/judge.ts';
import type { Asked, Got } from '../asking/asker.ts';
import { Asker } from '../asking/asker.ts';
import { knownOf } from '../asking/known.ts';
import type { Operation } from '../asking/operations.ts';
import { operationsOf } from '../asking/operations.ts';
import type { StringField } from '../asking/string-fields.ts';
import { stringFieldsOf } from '../asking/string-fields.ts';
import type { Tenant, World } from '../asking/world.ts';
import { startWorld } from '../asking/world.ts';
import { rowsOf } from '../asking/rows.ts';

/** All that may be asked without saying who asks; a route that is to be public has to be written here too. */
const open = [
  'GET /healthz',
  'GET /readyz',
  'GET /api/v1/agents/identity',
  'GET /api/v1/events',
  'GET /api/v1/openapi.json',
  'GET /api/v1/setup',
  'GET /api/v1/ui',
  'POST /api/v1/agents/enrol',
  'POST /api/v1/sessions',
  'POST /api/v1/setup',
];

describe('each route, for each who asks, about own things and those of others', function () {
  this.timeout(180_000);
  let world: World;
  let asker: Asker;
  let operations: readonly Operation[];
  let closed: readonly Operation[];

  before(async () => {
    world = await startWorld();
    asker = new Asker(world.test.origin);
    operations = await operationsOf(world.test);
    closed = operations.filter(({ permission }) => permission !== null);
  });
  after(async () => {
    asker?.close();
    await world?.stop();
  });

  const send = (operation: Operation, asked: Asked): Promise<Got> => asker.ask(asked, operation.kind === 'events');
  const as = (asked: Asked, authorization: string | null): Asked => {
    const { authorization: _, ...headers } = asked.headers;
    return { ...asked, headers: authorization === null ? headers : { ...headers, authorization } };
  };
  /** Asks every closed operation about own things, with another proof; gives those that were not answered with the status. */
  async function notAnswered(
    status: number,
    proof: (operation: Operation) => string | null,
    which = closed,
  ): Promise<string[]> {
    const others: string[] = [];
    for (const operation of which) {
      const got = await send(operation, as(requestWith(world.ours, operation, null, ''), proof(operation)));
      if (got.status !== status) others.push(`${operation.name}: ${got.status} ${got.text.slice(0, 120)}`);
    }
    return others;
  }

  it('#35 #49 name a permission, or stand in the list of what is public', () => {
    expect(operations.filter(({ permission }) => permission === null).map(({ name }) => name)).to.have.members(open);
    expect(closed.length).to.be.greaterThan(100);
  });

  it('#29 #49 are closed to who says nothing, or something wrong', async () => {
    expect(await notAnswered(401, () => null)).to.deep.equal([]);
    expect(await notAnswered(401, () => `Bearer ctr_${'A'.repeat(43)}`)).to.deep.equal([]);
    expect(await notAnswered(401, () => 'Bearer undefined')).to.deep.equal([]);
    expect(
      await notAnswered(
        401,
        () => `Basic ${Buffer.from('ada@example.org:wrong').toString('base64')}`,
        closed.slice(0, 3),
      ),
    ).to.deep.equal([]);
  });

  it('#35 are closed to a token that holds every permission but the one', async () => {
    const all = [...new Set(closed.map(({ permission }) => String(permission)))];
    const tokens = new Map<string, string>();
    for (const one of all) {
      const rest = all.filter((other) => other !== one && other !== 'agent:act');
      tokens.set(one, `Bearer ${await world.token(world.ours, ...rest)}`);
    }
    expect(await notAnswered(403, ({ permission }) => tokens.get(String(permission)) ?? null)).to.deep.equal([]);
  });

  it('#29 change nothing for a viewer, and nothing at all for a member with a role that means nothing here', async () => {
    const reads = [
      ...new Set(closed.map(({ permission }) => String(permission)).filter((one) => one.endsWith(':read'))),
    ];
    const viewer = await world.token(world.ours, ...reads);
    const changing = closed.filter(
      ({ permission }) => !reads.includes(String(permission)) && permission !== 'account:self',
    );
    expect(await notAnswered(403, () => `Bearer ${viewer}`, changing)).to.deep.equal([]);
    const nobody = await world.member(world.ours, 'guest');
    const more = closed.filter(({ permission }) => permission !== 'account:self');
    expect(await notAnswered(403, () => `Bearer ${nobody}`, more)).to.deep.equal([]);
  });

  it('#29 answer an owner about own things: what follows would show nothing otherwise', async () => {
    const reading = closed.filter(
      (one) =>
        one.method === 'GET' && one.kind === 'json' && one.permission !== 'account:manage' && hasAll(one, world.ours),
    );
    expect(reading.length).to.be.greaterThan(40);
    const refused: string[] = [];
    for (const operation of reading) {
      for (const tenant of [world.ours, world.theirs]) {
        const got = await send(operation, requestWith(tenant, operation, null, ''));
        if (got.status !== 200 && got.status !== 403)
          refused.push(`${operation.name}: ${got.status} ${got.text.slice(0, 160)}`);
        expect(got.text, operation.name).not.to.include(tenant === world.ours ? world.theirs.word : world.ours.word);
      }
    }
    expect(refused).to.deep.equal([]);
  });

  it('#29 #31 #32 #38 #40 #43 #50 know nothing of another organisation, by whatever id in path, query or body', async () => {
    const { ours, theirs } = world;
    const before = await rowsOf(world.test, ours.organisation);
    const wrong: string[] = [];
    let asked = 0;
    for (const operation of operations) {
      for (const field of idsIn(operation, ours)) {
        const foreign = String(knownOf(ours, operation)(field.path, field.schema));
        const got = await send(operation, requestWith(theirs, operation, field, foreign));
        asked += 1;
        const absent = /^[0-9a-f]{64}$/.test(foreign) ? 'ab'.repeat(32) : randomUUID();
        const nothing = await send(operation, requestWith(theirs, operation, field, absent));
        const told = got.text.replaceAll(foreign, '');
        const ids = Object.entries(ours.ids).filter(
          ([what, id]) => !['node', 'key'].includes(what) && told.includes(id),
        );
        const fault =
          ids.length > 0 || told.includes(ours.word)
            ? `tells of ${ids.map(([what]) => what).join(', ') || ours.word}`
            : plain(got, foreign) !== plain(nothing, absent)
              ? `is told apart from an id that nobody has (${nothing.status} ${nothing.text.slice(0, 160)})`
              : got.status < 300 && operation.method !== 'GET'
                ? 'does it'
                : wrongAnswer(operation, got);
        if (fault) wrong.push(`${field.label}: ${fault}: ${got.status} ${got.text.slice(0, 160)}`);
      }
    }
    expect(wrong).to.deep.equal([]);
    expect(asked).to.be.greaterThan(100);
    expect(await rowsOf(world.test, ours.organisation)).to.deep.equal(before);
  });

  it('#29 give an owner of another organisation no power over the install', async () => {
    const reading = ['plugin:read', 'node:read', 'audit:read', 'install:read'];
    const ofInstall = operations.filter(
      ({ plugin, permission }) =>
        ['kernel', 'install'].includes(plugin) && permission !== null && !reading.includes(permission),
    );
    expect(ofInstall.length).to.be.greaterThan(20);
    const agents = operations.filter(({ permission }) => permission === 'agent:act' || permission === 'account:manage');
    const theirs = `Bearer ${world.theirs.owner}`;
    expect(await notAnswered(403, () => theirs, [...ofInstall, ...agents])).to.deep.equal([]);
    // Nor may it be handed on: neither by a token, nor by one with everything.
    for (const scopes of [['*'], ['setting:write'], ['agent:act']]) {
      const made = await world.theirs.ask('/tokens', { method: 'POST', body: { name: 'more', scopes } });
      expect(made.status, scopes.join()).to.equal(403);
    }
    // What agents are given is for no person at all, not even who looks after the install.
    const ours = operations.filter(({ permission }) => permission === 'agent:act');
    expect(await notAnswered(403, () => `Bearer ${world.ours.owner}`, ours)).to.deep.equal([]);
  });

  it('#41 take no organisation from a client that is not in it', async () => {
    for (const slug of [world.ours.slug, world.ours.organisation, '*', `${world.theirs.slug}, ${world.ours.slug}`]) {
      const got = await world.test.request('/api/v1/projects', { token: world.theirs.owner, organisation: slug });
      expect(got.status, slug).to.equal(404);
    }
  });

  it('#31 #49 send no event of another organisation', async () => {
    const topics = Object.entries(world.ours.ids).map(([what, id]) => `${what}:${id}`);
    const stop = new AbortController();
    const stream = await fetch(`${world.test.origin}/api/v1/events?topics=${topics.join(',')}`, {
      headers: { authorization: `Bearer ${world.theirs.owner}`, 'last-event-id': '0' },
      signal: stop.signal,
    });
    const mine = await fetch(`${world.test.origin}/api/v1/events?topics=${topics.join(',')}`, {
      headers: { authorization: `Bearer ${world.ours.owner}`, 'last-event-id': '0' },
      signal: stop.signal,
    });
    const changed = await world.ours.ask(`/variables`, {
      method: 'POST',
      body: { service: world.ours.ids['service'], name: 'TOLD', value: 'x' },
    });
    expect(changed.status).to.equal(201);
    expect(await readUntil(mine, 'service:', 5000)).to.include(String(world.ours.ids['service']));
    const heard = await readUntil(stream, String(world.ours.ids['service']), 300);
    stop.abort();
    expect(heard).not.to.include(String(world.ours.ids['service'])).and.not.include(String(world.ours.ids['project']));
  });

  /** Where an operation takes the id of something that a tenant has. */
  function idsIn(operation: Operation, tenant: Tenant): readonly StringField[] {
    const known = knownOf(tenant, operation);
    const { node: _node, key: _key, ...ids } = tenant.ids;
    const owned = new Set(Object.values(ids));
    return stringFieldsOf(operation).filter(({ path, schema, what }) => {
      const value = known(path, schema);
      return what === 'value' && typeof value === 'string' && owned.has(value);
    });
  }

  /** Whether a tenant has what the path asks for. */
  function hasAll(operation: Operation, tenant: Tenant): boolean {
    const known = knownOf(tenant, operation);
    return operation.parameters.every((one) => one.in !== 'path' || known([one.name], one.schema) !== undefined);
  }

  /** An answer without what differs from one to the next. */
  function plain({ status, text }: Got, id: string): string {
    const same = text
      .replaceAll(id, 'ID')
      .replaceAll(/"requestId":"[^"]*"/g, '')
      .replaceAll(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, 'TIME');
    return `${status} ${same}`;
  }
});

async function readUntil(response: Response, text: string, ms: number): Promise<string> {
  const reader = response.body?.getReader();
  let read = '';
  const end = Date.now() + ms;
  while (reader && !read.includes(text) && Date.now() < end) {
    const next = await Promise.race([
      reader.read(),
      new Promise<null>((resolve) => setTimeout(() => resolve(null), Math.max(0, end - Date.now()))),
    ]);
    if (!next || next.done) break;
    read += Buffer.from(next.value).toString();
  }
  return read;
}
