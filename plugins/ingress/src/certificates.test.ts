import { X509Certificate } from 'node:crypto';
import type { Answer } from '@containr/testing';
import { until } from '@containr/testing';
import { DnsChallenge } from './contract.ts';
import { certificateOf } from '../test/certificate.ts';
import { expect } from 'chai';
import { hasAcmeServer } from '../test/acme-server.ts';
import type { DomainBench } from '../test/domain-bench.ts';
import { startDomainBench } from '../test/domain-bench.ts';

(hasAcmeServer ? describe : describe.skip)('certificates of custom domains', function () {
  this.timeout(120_000);
  let bench: DomainBench;
  before(async () => {
    bench = await startDomainBench();
  });
  after(() => bench.stop());

  it('are routed once they are shown to lead here, and then get a certificate by themselves', async () => {
    const { shop, port, tlsPort, post, live, plain, secure, verified, certified } = bench;
    const service = await live('first');
    const made = await post('/domains', { service, host: 'First.Example.org' });
    expect(made.status, made.text).to.equal(201);
    expect(made.field('host')).to.equal('first.example.org');
    const shown = await verified(made.field('id'));
    expect(shown.field('ownership', 'proof')).to.equal('http');
    const done = await certified(made.field('id'));
    expect(done.field('certificate', 'source')).to.equal('acme');
    expect(String(done.field('certificate', 'issuer'))).to.include('Pebble');
    expect(done.field('url')).to.equal(`https://first.example.org:${tlsPort}`);
    const got = await until('HTTPS answers', () => secure('first.example.org').catch(() => null));
    expect(got.body).to.equal('first');
    await until('HTTP leads to it', async () => (await plain('first.example.org', '/x')).status === 308);
    expect((await shop.ask(`/services/${service}`)).field('urls')).to.deep.equal([
      `https://first.example.org:${tlsPort}`,
      `http://first-shop.localhost:${port}`,
    ]);
    const listed = await shop.ask(`/domains?service=${service}`);
    expect(listed.field('items', 0, 'kind')).to.equal('generated');
    expect(listed.field('items', 1, 'host')).to.equal('first.example.org');
  });

  it('are renewed while they serve: no request fails, and the certificate is another one', async () => {
    const { post, live, secure, certified } = bench;
    const service = await live('renewed');
    const made = await post('/domains', { service, host: 'renewed.example.org' });
    await certified(made.field('id'));
    const first = await until('HTTPS answers', () => secure('renewed.example.org').catch(() => null));
    const failures: unknown[] = [];
    const serials = new Set<string>();
    let running = true;
    const visitor = (async () => {
      while (running) {
        await secure('renewed.example.org').then(
          (got) => (got.status === 200 ? serials.add(got.serial) : failures.push(got)),
          (error: unknown) => failures.push(error),
        );
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const asked = await post(`/domains/${String(made.field('id'))}/certificate/renew`);
    expect(asked.status, asked.text).to.equal(200);
    expect(asked.field('certificate', 'state')).to.equal('valid');
    await until('visitors get another certificate', () => Promise.resolve(serials.size > 1), 60_000);
    running = false;
    await visitor;
    expect(failures).to.deep.equal([]);
    expect(serials.has(first.serial)).to.equal(true);
  });

  it('take a certificate of their owner, and no other', async () => {
    const { shop, post, domain, live, secure, verified, certified } = bench;
    const service = await live('own');
    const made = await post('/domains', { service, host: 'own.example.org' });
    const path = `/domains/${String(made.field('id'))}/certificate`;
    await verified(made.field('id'));
    const [good, wrong, old] = await Promise.all([
      certificateOf('own.example.org'),
      certificateOf('else.example.org'),
      certificateOf('own.example.org', -1),
    ]);
    const put = (chain: string, key: string): Promise<Answer> =>
      shop.ask(path, { method: 'PUT', body: { chain, key } });
    for (const [chain, key] of [
      [wrong.chain, wrong.key],
      [good.chain, wrong.key],
      [old.chain, old.key],
      ['no certificate', good.key],
      [good.chain, 'no key'],
    ] as const) {
      const refused = await put(chain, key);
      expect([refused.status, refused.field('code')], refused.text).to.deep.equal([422, 'INVALID']);
      expect(refused.text).not.to.include('PRIVATE');
    }
    const taken = await put(good.chain, good.key);
    expect(taken.field('certificate', 'source'), taken.text).to.equal('own');
    const serial = new X509Certificate(good.chain).serialNumber;
    await until('it is served', async () => (await secure('own.example.org').catch(() => null))?.serial === serial);
    for (const answer of [taken, await domain(made.field('id')), await shop.ask(`/domains?service=${service}`)])
      expect(answer.text).not.to.include('PRIVATE KEY');
    const connection = await shop.test.database.pool.connect();
    await connection.query(`select set_config('containr.organisation', '*', false)`);
    const { rows } = await connection.query<{ key: string }>('select key from plugin_ingress.certificates');
    connection.release(true);
    expect(rows.filter(({ key }) => typeof key === 'string')).to.have.length.above(1);
    for (const { key } of rows) expect(String(key)).not.to.include('PRIVATE KEY');
    await shop.ask(path, { method: 'DELETE' });
    await certified(made.field('id'));
  });

  it('get certificates for wildcards by DNS records, where a plugin can write them', async () => {
    const { shop, authority, post, domain, live, secure, certified } = bench;
    const service = await live('wild');
    const made = await post('/domains', { service, host: '*.wild.example.org' });
    const record = made.field('ownership', 'record') as { name: string; value: string };
    await authority.setTxt(record.name, record.value);
    await post(`/domains/${String(made.field('id'))}/check`);
    const without = await until('it says that a provider is missing', async () => {
      const answer = await domain(made.field('id'));
      return answer.field('certificate', 'state') === 'failed' && answer;
    });
    expect(String(without.field('certificate', 'hint'))).to.include('Enable a plugin');
    const written: string[] = [];
    const withdraw = shop.test.platform.services.provide(
      'dns-test',
      DnsChallenge,
      {
        covers: ({ name }) => Promise.resolve({ covers: name.endsWith('.example.org') }),
        async present({ name, value }) {
          written.push(name);
          await authority.setTxt(name, value);
          return {};
        },
        async remove({ name }) {
          written.pop();
          await authority.clearTxt(name);
          return {};
        },
      },
      'dns-test',
    );
    await post(`/domains/${String(made.field('id'))}/certificate/renew`);
    await certified(made.field('id'));
    expect((await until('it is served', () => secure('any.wild.example.org').catch(() => null))).body).to.equal('wild');
    expect(written).to.deep.equal([]);
    await withdraw();
  });
});
