import { Identity } from '@containr/sdk/contracts';
import { startTestPlatform } from '@containr/testing';
import { identityConformance } from '@containr/testing/conformance';
import { Setup } from './contract.ts';

const owner = { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada', organisation: 'Clinic' };

identityConformance('auth', async () => {
  const test = await startTestPlatform({ plugins: ['auth'] });
  const principal = test.platform.console;
  const { url } = await test.platform.services.get(Setup).link({}, { principal });
  const token = new URL(url ?? '').searchParams.get('token');
  const claimed = await test.request('/api/v1/setup', { method: 'POST', body: { ...owner, token } });
  const [line = ''] = [claimed.headers['set-cookie'] ?? []].flat();
  const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
  const headers = { cookie: `${name}=${value}`, 'sec-fetch-site': 'same-origin' };
  const made = await test.request('/api/v1/tokens', { method: 'POST', headers, body: { name: 'suite' } });
  const secret = String(made.field('secret'));
  const basic = Buffer.from(`${owner.email}:${owner.password}`).toString('base64');
  const organisation = (await test.console('/organisations')).field('items', 0, 'id');
  return {
    identity: test.platform.services.get(Identity),
    principal,
    proofs: {
      cookie: { authorization: null, cookies: { [name]: value } },
      bearer: { authorization: `Bearer ${secret}`, cookies: {} },
      basic: { authorization: `Basic ${basic}`, cookies: {} },
    },
    organisation: { id: String(organisation), slug: 'clinic' },
    async revoke() {
      await test.request(`/api/v1/tokens/${String(made.field('id'))}`, { method: 'DELETE', headers });
      await test.request('/api/v1/sessions/current', { method: 'DELETE', headers });
    },
    remove: () => test.stop(),
  };
});
