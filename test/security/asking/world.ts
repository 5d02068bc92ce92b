import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { Setup } from '@containr/plugin-auth/contract';
import { Logs } from '@containr/plugin-logs/contract';
import type { Answer, Ask, TestPlatform, TestPlatformOptions } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';
import { expect } from 'chai';
import { pack } from 'tar-stream';

/** Every plugin that takes requests. */
export const allPlugins = [
  'auth',
  'projects',
  'deployments',
  'git',
  'ingress',
  'logs',
  'nixpacks',
  'dockerfile',
  'process',
  'docker',
  'runs',
] as const;

/** One organisation with something of everything in it. */
export interface Tenant {
  readonly organisation: string;
  readonly slug: string;
  /** Token of an owner. */
  readonly owner: string;
  readonly user: string;
  /** Ids by what they are of: `project`, `environment`, `service`, `deployment` … */
  readonly ids: Readonly<Record<string, string>>;
  /** A word that stands in everything that the tenant made. */
  readonly word: string;
  ask(path: string, options?: Ask): Promise<Answer>;
}

/** A platform with two organisations that have nothing to do with each other. */
export interface World {
  readonly test: TestPlatform;
  readonly ours: Tenant;
  readonly theirs: Tenant;
  /** Makes a token of a tenant with just these permissions. */
  token(tenant: Tenant, ...scopes: string[]): Promise<string>;
  /** Makes an account in a tenant with a role, and a token of it. */
  member(tenant: Tenant, role: string): Promise<string>;
  stop(): Promise<void>;
}

/** Of the owner of ours. */
export const password = 'correct horse battery';

/** Starts a platform with every plugin and two tenants. */
export async function startWorld(options: TestPlatformOptions = {}): Promise<World> {
  const test = await startTestPlatform({
    plugins: [...allPlugins],
    ...options,
    settings: { ingress: { port: await freePort() }, ...options.settings },
  });
  try {
    const { url } = await test.platform.services.get(Setup).link({}, { principal: test.platform.console });
    const made = await test.request('/api/v1/setup', {
      method: 'POST',
      body: {
        token: new URL(url ?? '').searchParams.get('token'),
        email: 'ada@example.org',
        password,
        name: 'Ada Ourword',
        organisation: 'Ourword',
      },
    });
    expect(made.status, made.text).to.equal(201);
    const node = await enrolledNode(test);
    const key = String((await test.console('/keys')).field('items', 0, 'id'));
    const shared = { node, key };
    const ours = await fill(test, shared, {
      organisation: String(made.field('organisation', 'id')),
      slug: String(made.field('organisation', 'slug')),
      user: String(made.field('user', 'id')),
      owner: String(made.field('token', 'secret')),
      word: 'ourword',
    });
    const theirs = await fill(test, shared, await secondOrganisation(test));
    return {
      test,
      ours,
      theirs,
      token: async (tenant, ...scopes) => {
        const answer = await tenant.ask('/tokens', { method: 'POST', body: { name: `${tenant.word} narrow`, scopes } });
        expect(answer.status, answer.text).to.equal(201);
        return String(answer.field('secret'));
      },
      member: async (tenant, role) => (await account(test, tenant.organisation, role, `${role}-${tenant.word}`)).token,
      stop: () => test.stop(),
    };
  } catch (error) {
    await test.stop();
    throw error;
  }
}

async function secondOrganisation(test: TestPlatform): Promise<Omit<Tenant, 'ids' | 'ask'>> {
  const organisation = randomUUID();
  await test.database.pool.query(
    `insert into plugin_auth.organisations (id, slug, name, created_at) values ($1, 'theirword', 'Theirword', now())`,
    [organisation],
  );
  const { user, token } = await account(test, organisation, 'owner', 'theirword');
  return { organisation, slug: 'theirword', user, owner: token, word: 'theirword' };
}

/** An account as the plugin auth would have made it. */
async function account(
  test: TestPlatform,
  organisation: string,
  role: string,
  name: string,
): Promise<{ user: string; token: string }> {
  const user = randomUUID();
  const token = `ctr_${randomUUID()}${randomUUID()}`;
  const client = await test.database.pool.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('containr.organisation', '*', true)`);
    await client.query(
      `insert into plugin_auth.users (id, email, name, password_hash, created_at) values ($1, $2, $3, 'none', now())`,
      [user, `${name}@example.org`, `Person ${name}`],
    );
    await client.query(
      `insert into plugin_auth.memberships (id, organisation, user_id, role, created_at) values ($1, $2, $3, $4, now())`,
      [randomUUID(), organisation, user, role],
    );
    await client.query(
      `insert into plugin_auth.tokens (id, organisation, user_id, name, prefix, hash, scopes, created_at)
       values ($1, $2, $3, $4, 'ctr_seeded', $5, '["*"]', now())`,
      [randomUUID(), organisation, user, `${name} seeded`, createHash('sha256').update(token).digest('hex')],
    );
    await client.query('commit');
  } finally {
    client.release();
  }
  return { user, token };
}

/** Makes one of each thing in an organisation. */
async function fill(
  test: TestPlatform,
  shared: Readonly<Record<string, string>>,
  tenant: Omit<Tenant, 'ids' | 'ask'>,
): Promise<Tenant> {
  const ask = (path: string, one: Ask = {}): Promise<Answer> =>
    test.request(path.startsWith('/git/') ? path : `/api/v1${path}`, { token: tenant.owner, ...one });
  const ids: Record<string, string> = { ...shared, organisation: tenant.organisation, user: tenant.user };
  const { word } = tenant;
  const post = async (path: string, body: unknown): Promise<Answer> => {
    const answer = await ask(path, { method: 'POST', body });
    expect(answer.status, `${path}: ${answer.text}`).to.be.oneOf([200, 201, 202]);
    return answer;
  };
  const make = async (what: string, path: string, body: unknown): Promise<string> =>
    (ids[what] = String((await post(path, body)).field('id')));

  const project = await make('project', '/projects', { name: `${word} shop` });
  const environment = String((await ask(`/environments?project=${project}`)).field('items', 0, 'id'));
  ids['environment'] = environment;
  await make('otherEnvironment', '/environments', { project, name: `${word} staging` });
  const service = await make('service', '/services', {
    environment,
    name: `${word} web`,
    slug: 'web',
    spec: { source: { kind: 'upload' } },
  });
  await make('cron', '/services', {
    environment,
    name: `${word} cron`,
    kind: 'cron',
    spec: { cron: { schedule: '0 3 * * *' } },
  });
  await make('variable', '/variables', { service, name: `KEY_${word.toUpperCase()}`, value: `${word} value` });
  const changes = await post('/changes', {
    environment,
    changes: [{ variable: { service, name: 'STAGED', value: `${word} staged` } }],
  });
  ids['change'] = String(changes.field('items', 0, 'id'));
  ids['spec'] = String((await ask(`/specs?service=${service}`)).field('items', 0, 'id'));
  ids['token'] = String((await post('/tokens', { name: `${word} spare`, scopes: ['project:read'] })).field('id'));
  await make('domain', '/domains', { service, host: `${word}.example.org` });
  const tar = pack();
  tar.entry({ name: 'index.html' }, `${word} page`);
  // For platforms whose builder reads its plan from the source, so that nothing is fetched to serve it.
  tar.entry({ name: 'plan.json' }, '{}');
  tar.entry({ name: 'server.mjs' }, serverOf(`${word} page`));
  tar.finalize();
  const upload = await ask('/uploads', {
    method: 'POST',
    body: gzipSync(await buffer(tar)),
    headers: { 'content-type': 'application/gzip' },
  });
  expect(upload.status, upload.text).to.equal(201);
  ids['upload'] = String(upload.field('id'));
  ids['treeHash'] = String(upload.field('treeHash'));
  await make('earlier', '/deployments', { service, source: { kind: 'upload', upload: ids['upload'] } });
  await make('deployment', '/deployments', { service, source: { kind: 'upload', upload: ids['upload'] } });
  ids['run'] = await endedRun(test, ids);
  await test.platform.services.get(Logs).append(
    {
      organisation: tenant.organisation,
      service,
      deployment: ids['deployment'] ?? null,
      phase: 'build',
      source: 'build',
      lines: [{ seq: 1, at: new Date().toISOString(), stream: 'stdout', text: `${word} line` }],
    },
    { principal: { ...test.platform.console, organisation: tenant.organisation } },
  );
  return { ...tenant, ids, ask };
}

/** A program that answers with a text. */
export function serverOf(text: string): string {
  return `import http from 'node:http'; http.createServer((q, r) => r.end(${JSON.stringify(text)})).listen(process.env.PORT);`;
}

/** A run that ended: nothing serves here that one could run in. */
async function endedRun(test: TestPlatform, ids: Readonly<Record<string, string>>): Promise<string> {
  const id = randomUUID();
  const client = await test.database.pool.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('containr.organisation', '*', true)`);
    await client.query(
      `insert into plugin_runs.runs (id, organisation, project, environment, service, trigger, command, status, exit_code, overlap,
         timeout_ms, created_by, created_at, started_at, ended_at)
       values ($1, $2, $3, $4, $5, 'person', '["true"]', 'succeeded', 0, 'skip', 1000, $6, now(), now(), now())`,
      [id, ids['organisation'], ids['project'], ids['environment'], ids['service'], ids['user']],
    );
    await client.query('commit');
  } finally {
    client.release();
  }
  return id;
}

/** A node that enrolled and is not there. */
async function enrolledNode(test: TestPlatform): Promise<string> {
  const { publicKey } = generateKeyPairSync('ed25519');
  const enrolled = await test.request('/api/v1/agents/enrol', {
    method: 'POST',
    body: {
      token: await test.platform.agents.createToken(),
      name: 'absent',
      publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
      address: '127.0.0.1',
      cpus: 1,
      memoryBytes: 1_073_741_824,
    },
  });
  expect(enrolled.status, enrolled.text).to.equal(201);
  return String(enrolled.field('node'));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
