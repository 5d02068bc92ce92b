import { definePlugin, defineSchema } from '@containr/sdk';
import type { PluginPackage } from '@containr/kernel';
import { until } from '@containr/testing';
import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { archiveOf } from '../../../plugins/deployments/test/install.ts';
import { certificateOf } from '../../../plugins/ingress/test/certificate.ts';
import type { Asker } from '../asking/asker.ts';
import type { Operation } from '../asking/operations.ts';
import { isRecord } from '../asking/operations.ts';
import { stringFieldsOf } from '../asking/string-fields.ts';
import type { World } from '../asking/world.ts';
import { allPlugins, password, serverOf } from '../asking/world.ts';
import { requestWith } from '../fuzz/ask-with.ts';
import type { Canaries } from './forms.ts';

/** Fields that take a secret, by what they are called: one that is new is found by its name. */
const secretName = /pass(word|phrase)|secret|token|credential|private|^key$/i;

/** A plugin with a secret setting, which no plugin of ours has yet. */
export const keeper: PluginPackage = {
  name: 'keeper',
  version: '1.0.0',
  directory: fileURLToPath(new URL('.', import.meta.url)),
  manifest: { displayName: 'Keeper', requires: {}, permissions: {}, segments: [], roots: [], programs: {} },
  load: async () =>
    definePlugin({
      settings: defineSchema({
        type: 'object',
        properties: {
          apiKey: { type: 'string', default: '', writeOnly: true },
          place: { type: 'string', default: 'here' },
        },
        additionalProperties: false,
      }),
      setup: () => undefined,
    }),
};

/** Where secrets are put, and what was answered to them. */
export interface Planting {
  readonly world: World;
  readonly asker: Asker;
  readonly operations: readonly Operation[];
  readonly canaries: Canaries;
  readonly told: string[];
}

/** Puts a canary into every field of a world that takes a secret; gives the service that serves with them. */
export async function plantAll({ world, asker, operations, canaries, told }: Planting): Promise<string> {
  let service = '';
  const post = async (path: string, body: unknown, method: 'POST' | 'PUT' | 'PATCH' = 'POST', headers = {}) => {
    const answer = await world.ours.ask(path, { method, body, headers });
    told.push(answer.text);
    return answer;
  };
  const made = (answer: { status: number; text: string }) => expect(answer.status, answer.text).to.be.oneOf([200, 201]);

  return plant();

  async function plant(): Promise<string> {
    const { ids, owner } = world.ours;
    canaries.keep('token of the owner', owner);
    canaries.keep('password of the owner', password);
    await plantByName();
    await plantSettings();
    service = String((await post('/services', serviceOf('app'))).field('id'));
    for (const [where, of] of [
      ['service', service],
      ['environment', ids['environment']],
      ['project', ids['project']],
    ] as const) {
      for (const kind of ['secret', 'sealed']) {
        const name = `${where}_${kind}`.toUpperCase();
        const variable = await post('/variables', {
          [where]: of,
          name,
          kind,
          value: canaries.plant(`variable ${name} before`),
        });
        made(variable);
        made(
          await post(
            `/variables/${String(variable.field('id'))}`,
            { value: canaries.plant(`variable ${name}`) },
            'PATCH',
          ),
        );
      }
      const change = {
        [where]: of,
        name: 'STAGED',
        kind: 'sealed',
        value: canaries.plant(`staged variable of the ${where}`),
      };
      made(await post('/changes', { environment: ids['environment'], changes: [{ variable: change }] }));
    }
    const line = canaries.plant('variable TEXT').replaceAll('"', '\\"');
    made(await post('/variables/text', { service, merge: true, kind: 'sealed', text: `TEXT="${line}"\n` }, 'PUT'));
    made(
      await post('/variables', {
        service,
        name: 'READS',
        value: '${{shared.PROJECT_SECRET}} ${{shared.ENVIRONMENT_SEALED}}',
      }),
    );
    await plantProofs();
    await plantDomain();
    await deploy();
    return service;
  }

  /** Into each field of each route that is called like a secret. */
  async function plantByName(): Promise<void> {
    const fields = operations.flatMap(stringFieldsOf).filter(({ path }) => secretName.test(String(path.at(-1))));
    expect(fields.length).to.be.greaterThan(8);
    for (const field of fields) {
      const asked = requestWith(world.ours, field.operation, field, canaries.plant(field.label));
      told.push((await asker.ask(asked)).text);
    }
  }

  /** Into each secret setting of each plugin. */
  async function plantSettings(): Promise<void> {
    let planted = 0;
    for (const plugin of ['kernel', ...[...allPlugins, 'keeper']]) {
      const properties = (await world.test.console(`/settings/${plugin}`)).field('schema', 'properties');
      for (const [name, schema] of Object.entries(isRecord(properties) ? properties : {})) {
        if (!isRecord(schema) || schema['writeOnly'] !== true) continue;
        planted += 1;
        for (const time of ['before', 'now'])
          made(
            await post(`/settings/${plugin}`, { [name]: canaries.plant(`setting ${plugin}.${name} ${time}`) }, 'PATCH'),
          );
      }
    }
    expect(planted).to.be.greaterThan(0);
    const wrong = await post(
      '/settings/keeper',
      { apiKey: canaries.plant('setting that is refused'), place: 7 },
      'PATCH',
    );
    expect(wrong.status).to.equal(422);
  }

  /** What proves who somebody is: right, wrong, and repeated. */
  async function plantProofs(): Promise<void> {
    const { test } = world;
    const fresh = canaries.plant('new password');
    made(await post('/users/me', { password: fresh, currentPassword: password }, 'PATCH'));
    const session = { email: 'ada@example.org', password: fresh };
    const signedIn = await test.request('/api/v1/sessions', { method: 'POST', body: session });
    made(signedIn);
    told.push(signedIn.text);
    canaries.keep('session', String((signedIn.headers['set-cookie'] as string[])[0]).split(/[=;]/)[1] ?? '');
    const wrong = canaries.plant('wrong password');
    told.push((await test.request('/api/v1/sessions', { method: 'POST', body: { ...session, password: wrong } })).text);
    const basic = (account: string, secret: string): string =>
      `Basic ${Buffer.from(`${account}:${secret}`).toString('base64')}`;
    const git = `/git/${world.ours.slug}/ourword-shop/production/app.git/info/refs?service=git-upload-pack`;
    for (const [where, headers] of [
      ['wrong bearer', { authorization: `Bearer ctr_${canaries.plant('wrong bearer')}` }],
      ['wrong basic', { authorization: basic('ada@example.org', canaries.plant('wrong basic')) }],
      ['wrong cookie', { cookie: `containr_session=${encodeURIComponent(canaries.plant('wrong cookie'))}` }],
      ['right token by Git', { authorization: basic('x', world.ours.owner) }],
    ] as const) {
      for (const path of [
        git,
        '/api/v1/projects',
        `/api/v1/projects?token=${encodeURIComponent(canaries.plant(`query of ${where}`))}`,
      ])
        told.push((await test.request(path, { headers: { ...headers, 'user-agent': 'git/2.50' } })).text);
    }
    const key = { 'idempotency-key': 'canary-1' };
    const token = await post('/tokens', { name: 'once', scopes: ['project:read'] }, 'POST', key);
    canaries.keep('token that was made once', String(token.field('secret')));
    told.pop();
    const again = await world.ours.ask('/tokens', {
      method: 'POST',
      body: { name: 'once', scopes: ['project:read'] },
      headers: key,
    });
    expect(again.text, 'the same answer').to.equal(token.text);
    const enrolment = await test.console('/nodes/tokens', { method: 'POST' });
    canaries.keep('enrolment token', String(enrolment.field('token')));
    const reset = canaries.plant('reset password');
    const { organisation: _, ...body } = { organisation: null, email: 'ada@example.org', password: reset };
    expect((await test.console('/users/password-resets', { method: 'POST', body })).status).to.equal(200);
  }

  async function plantDomain(): Promise<void> {
    const { ids } = world.ours;
    const users = [{ name: 'visitor', password: canaries.plant('password of a visitor') }];
    made(await post(`/domains/${ids['domain']}`, { users }, 'PATCH'));
    const { chain, key } = await certificateOf('ourword.example.org');
    canaries.keep('key of a certificate', key.split('\n')[1] ?? '');
    made(await post(`/domains/${ids['domain']}/certificate`, { chain, key }, 'PUT'));
  }

  function serviceOf(slug: string): object {
    const spec = { source: { kind: 'upload' }, watchMs: 200, health: { headers: { authorization: 'plain' } } };
    return { environment: world.ours.ids['environment'], name: slug, slug, spec };
  }

  /** Something serves with the secrets, something fails with them. */
  async function deploy(): Promise<void> {
    for (const [text, end] of [
      [serverOf('ok'), /^(?:watching|live)$/],
      ['process.exit(3);', /^failed$/],
    ] as const) {
      const files = { 'plan.json': JSON.stringify({ build: ['echo built'] }), 'server.mjs': text };
      const upload = await world.ours.ask('/uploads', {
        method: 'POST',
        body: await archiveOf(files),
        headers: { 'content-type': 'application/gzip' },
      });
      const deployment = await post('/deployments', {
        service,
        source: { kind: 'upload', upload: upload.field('id') },
      });
      made(deployment);
      await until(
        `the deployment is ${String(end)}`,
        async () => {
          const now = await world.ours.ask(`/deployments/${String(deployment.field('id'))}`);
          const status = String(now.field('status'));
          if (/failed|cancelled|superseded/.test(status) && !end.test(status)) throw new Error(now.text);
          return end.test(status);
        },
        60_000,
      );
    }
  }
}
