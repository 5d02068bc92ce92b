import { X509Certificate } from 'node:crypto';
import { until } from '@containr/testing';
import { expect } from 'chai';
import { certificateOf } from '../test/certificate.ts';
import { hasAcmeServer } from '../test/acme-server.ts';
import type { DomainBench } from '../test/domain-bench.ts';
import { startDomainBench } from '../test/domain-bench.ts';

(hasAcmeServer ? describe : describe.skip)('custom domains', function () {
  this.timeout(120_000);
  let bench: DomainBench;
  before(async () => {
    bench = await startDomainBench();
  });
  after(() => bench.stop());

  it('wait with a sentence that says what is missing', async () => {
    const { authority, post, domain, live, plain } = bench;
    const service = await live('waiting');
    await authority.forget('waiting.example.org');
    const made = await post('/domains', { service, host: 'waiting.example.org' });
    const checked = await post(`/domains/${String(made.field('id'))}/check`);
    expect(checked.field('ownership', 'state')).to.equal('pending');
    expect(checked.field('ownership', 'problem')).to.equal('The DNS has no address for waiting.example.org yet.');
    expect((await plain('waiting.example.org')).status).to.equal(404);
    // A DNS record is as good, and comes before the host leads anywhere.
    const record = checked.field('ownership', 'record') as { name: string; value: string };
    expect(record.name).to.equal('_containr.waiting.example.org');
    await authority.setTxt(record.name, record.value);
    const proven = await post(`/domains/${String(made.field('id'))}/check`);
    expect(proven.field('ownership', 'proof')).to.equal('dns');
    await until('it is routed', async () => (await plain('waiting.example.org')).status !== 404);
    // The authority can't reach it: that is told, and the domain goes on without HTTPS.
    const failed = await until(
      'the failure is told',
      async () => {
        const answer = await domain(made.field('id'));
        return answer.field('certificate', 'state') === 'failed' && answer;
      },
      60_000,
    );
    expect(String(failed.field('certificate', 'problem'))).to.match(/^The authority gave no certificate: /);
    expect(failed.field('certificate', 'nextTryAt')).to.be.a('string');
    expect((await plain('waiting.example.org')).body).to.equal('waiting');
  });

  it('have one owner: a second claim waits, and takes the host only by a DNS record', async () => {
    const { authority, post, domain, live, plain, secure, verified } = bench;
    const ours = await live('ours');
    const mine = await post('/domains', { service: ours, host: 'one.example.org' });
    await verified(mine.field('id'));
    await until('it is ours', async () => (await plain('one.example.org')).status !== 404);
    const theirs = await live('theirs', 'other');
    const other = { organisation: 'other' };
    const claimed = await post('/domains', { service: theirs, host: 'one.example.org' }, other);
    expect(claimed.status, claimed.text).to.equal(201);
    const refused = await post(`/domains/${String(claimed.field('id'))}/check`, {}, other);
    expect(refused.field('ownership', 'state')).to.equal('pending');
    const record = refused.field('ownership', 'record') as { name: string; value: string };
    await authority.setTxt(record.name, record.value);
    const taken = await post(`/domains/${String(claimed.field('id'))}/check`, {}, other);
    expect(taken.field('ownership', 'proof')).to.equal('dns');
    const lost = await domain(mine.field('id'));
    expect(lost.field('ownership', 'state')).to.equal('pending');
    expect(String(lost.field('ownership', 'problem'))).to.include('Another organisation');
    const theirsNow = await until(
      'it is theirs',
      async () => {
        const got = await secure('one.example.org').catch(() => null);
        return got?.body === 'theirs' && got;
      },
      60_000,
    );
    expect(theirsNow.status).to.equal(200);
  });

  it('serve a certificate that was brought before they were shown to lead here', async () => {
    const { authority, live, post, secure, shop } = bench;
    const service = await live('early');
    await authority.forget('early.example.org');
    const made = await post('/domains', { service, host: 'early.example.org' });
    const { chain, key } = await certificateOf('early.example.org');
    const path = `/domains/${String(made.field('id'))}`;
    const put = await shop.ask(`${path}/certificate`, { method: 'PUT', body: { chain, key } });
    expect(put.status, put.text).to.equal(200);
    const record = made.field('ownership', 'record') as { name: string; value: string };
    await authority.setTxt(record.name, record.value);
    await post(`${path}/check`);
    const serial = new X509Certificate(chain).serialNumber;
    await until('it is served', async () => (await secure('early.example.org').catch(() => null))?.serial === serial);
  });

  it('show and change nothing of another organisation', async () => {
    const { shop, post, live } = bench;
    const service = await live('secret');
    const made = await post('/domains', { service, host: 'secret.example.org' });
    const path = `/domains/${String(made.field('id'))}`;
    const other = { organisation: 'other' };
    expect((await shop.ask(path, other)).status).to.equal(404);
    expect((await shop.ask(`/domains?service=${service}`, other)).field('items')).to.deep.equal([]);
    for (const [method, at, body] of [
      ['PATCH', path, { https: 'both' }],
      ['DELETE', `${path}?confirm=secret.example.org`, undefined],
      ['POST', `${path}/check`, {}],
      ['POST', `${path}/certificate/renew`, {}],
      ['DELETE', `${path}/certificate`, undefined],
      ['PUT', `${path}/certificate`, { chain: 'x', key: 'y' }],
    ] as const)
      expect((await shop.ask(at, { method, body, ...other })).status, `${method} ${at}`).to.equal(404);
    expect((await post('/domains', { service, host: 'x.example.org' }, other)).status).to.equal(404);
  });

  it('lead paths of one host to several services, and go with them', async () => {
    const { shop, post, domain, live, plain, verified } = bench;
    const [front, api] = [await live('front'), await live('api')];
    const one = await post('/domains', { service: front, host: 'paths.example.org', https: 'both' });
    const two = await post('/domains', { service: api, host: 'paths.example.org', path: '/api', https: 'both' });
    expect(two.field('path')).to.equal('/api/');
    await verified(one.field('id'));
    expect((await domain(two.field('id'))).field('ownership', 'state')).to.equal('verified');
    await until('both are routed', async () => (await plain('paths.example.org', '/api/x')).body === 'api');
    expect((await plain('paths.example.org', '/apix')).body).to.equal('front');
    const again = await post('/domains', { service: front, host: 'paths.example.org', path: 'api/' });
    expect([again.status, again.field('code')]).to.deep.equal([409, 'CONFLICT_DOMAIN']);
    const unconfirmed = await shop.ask(`/domains/${String(two.field('id'))}`, { method: 'DELETE' });
    expect([unconfirmed.status, unconfirmed.field('code')]).to.deep.equal([409, 'CONFLICT_CONFIRM']);
    await shop.ask(`/domains/${String(two.field('id'))}?confirm=paths.example.org`, { method: 'DELETE' });
    await until('the path is gone', async () => (await plain('paths.example.org', '/api/x')).body === 'front');
    await shop.ask(`/services/${front}?confirm=front`, { method: 'DELETE' });
    await until('the host is gone', async () => (await plain('paths.example.org')).status === 404);
  });

  it('are refused for what answers no requests, for names that are taken care of, and loops', async () => {
    const { shop, post, live } = bench;
    const worker = await shop.service('worker', 'default', 'worker');
    expect((await post('/domains', { service: worker, host: 'w.example.org' })).field('code')).to.equal(
      'CONFLICT_NO_ADDRESS',
    );
    const service = await live('loop');
    for (const [body, field] of [
      [{ host: 'web.localhost' }, '/host'],
      [{ host: 'loop.example.org', redirectTo: 'https://loop.example.org/x' }, '/redirectTo'],
      [{ host: 'loop.example.org', headers: [{ name: 'Content-Length', value: '1' }] }, '/headers'],
      [{ host: 'loop.example.org', users: [{ name: 'ada' }] }, '/users'],
    ] as const) {
      const answer = await post('/domains', { service, ...body });
      expect([answer.status, answer.field('errors', 0, 'path')], answer.text).to.deep.equal([422, field]);
    }
  });
});
