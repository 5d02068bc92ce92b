import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { isContainrError } from '@containr/sdk';
import { isInner } from '@containr/sdk/host';
import type { Grants } from './grants.ts';
import { checkGrant, noGrants } from './grants.ts';
import { sendOutgoing } from './outgoing.ts';
import type { Resolve } from './outgoing.ts';

describe('requests that an isolated plugin sends', () => {
  let server: Server;
  let port = 0;
  /** What came to the server within this machine, where the canary is. */
  let came: string[] = [];
  before(async () => {
    server = createServer((request, response) => {
      came.push(`${request.headers.host}${request.url}`);
      const to = new URL(request.url ?? '/', 'http://x').searchParams.get('to');
      if (to === null) response.end('canary');
      else response.writeHead(302, { location: to }).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  after(() => server.close());
  beforeEach(() => (came = []));

  /** Sends one under grants; gives its body, or the code of what refused it. */
  async function send(url: string, hosts: readonly string[], resolve?: Resolve): Promise<string> {
    const grants: Grants = { ...noGrants, hosts };
    const request = { url, method: 'GET', headers: [], body: null, redirect: 'follow' } as const;
    try {
      const signal = AbortSignal.timeout(1_000);
      const response = await sendOutgoing(request, (place) => checkGrant('p', grants, 'hosts', place), signal, resolve);
      return (await response.toArray()).join('');
    } catch (error) {
      return isContainrError(error) ? `${error.code} ${error.message}` : String((error as Error).name);
    }
  }

  it('reach an address that was granted by number, at the port that was granted', async () => {
    expect(await send(`http://127.0.0.1:${port}/`, [`127.0.0.1:${port}`])).to.equal('canary');
    expect(came).to.deep.equal([`127.0.0.1:${port}/`]);
  });

  it('reach no other port of a host that was granted', async () => {
    expect(await send(`http://127.0.0.1:${port}/`, ['127.0.0.1', '127.0.0.1:1'])).to.match(/^GRANT_MISSING/);
    expect(await send(`http://a.example.com:${port}/`, ['*.example.com'])).to.match(/^GRANT_MISSING/);
    expect(came).to.deep.equal([]);
  });

  const spellings = [
    '2130706433',
    '0177.0.0.1',
    '0x7f.1',
    '127.1',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::1]',
    'granted.example@127.0.0.1',
    'granted.example:80@127.0.0.1',
    '127.0.0.1\\@granted.example',
    '127.0.0.1#@granted.example',
    '①②⑦.⓪.⓪.①',
    '169.254.169.254',
    'localhost',
  ];
  for (const host of spellings) {
    it(`are refused to ${host}, which was not granted`, async () => {
      const resolve: Resolve = (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
      const answer = await send(`http://${host}/`, ['granted.example'], resolve);
      expect(answer).to.match(/^GRANT_MISSING/);
      expect(came).to.deep.equal([]);
    });
  }

  for (const address of [
    '127.0.0.1',
    '169.254.169.254',
    '10.1.2.3',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    'fd00::1',
  ]) {
    it(`are refused to a name that was granted and leads to ${address}`, async () => {
      const family = address.includes(':') ? 6 : 4;
      const resolve: Resolve = (_host, _options, done) =>
        done(null, [
          { address: '203.0.113.1', family: 4 },
          { address, family },
        ]);
      const answer = await send(`http://granted.example:${port}/`, [`granted.example:${port}`], resolve);
      expect(answer).to.match(/^FETCH_INNER_ADDRESS/);
      expect(came).to.deep.equal([]);
    });
  }

  it('are refused where the system’s own resolver leads within', async () => {
    expect(await send(`http://localhost:${port}/`, [`localhost:${port}`])).to.match(/^FETCH_INNER_ADDRESS/);
    expect(came).to.deep.equal([]);
  });

  it('ask for a name once and go to the address that was checked, not to what the name says later', async () => {
    let asked = 0;
    const rebinds: Resolve = (_host, _options, done) => {
      asked += 1;
      // A documentation address that nobody answers at; afterwards the canary's.
      done(null, [{ address: asked === 1 ? '203.0.113.1' : '127.0.0.1', family: 4 }]);
    };
    expect(await send(`http://granted.example:${port}/`, [`granted.example:${port}`], rebinds)).to.not.equal('canary');
    expect(asked).to.equal(1);
    expect(came).to.deep.equal([]);
  });

  for (const to of [
    'http://127.0.0.2/',
    'http://localhost/',
    'http://[::1]/',
    'http://169.254.169.254/',
    '//2130706434/',
  ]) {
    it(`do not follow a host that was granted to ${to}`, async () => {
      const answer = await send(`http://127.0.0.1:${port}/?to=${encodeURIComponent(to)}`, [`127.0.0.1:${port}`]);
      expect(answer).to.match(/^GRANT_MISSING/);
      expect(came).to.have.length(1);
    });
  }

  it('follow to no other scheme, and not for ever', async () => {
    const here = `http://127.0.0.1:${port}`;
    expect(await send(`${here}/?to=file:///etc/passwd`, [`127.0.0.1:${port}`])).to.match(/^FETCH_REFUSED/);
    const loop = `${here}/?to=${encodeURIComponent('?to=%3Fto%3D')}`;
    came = [];
    await send(loop, [`127.0.0.1:${port}`]);
    expect(came.length).to.be.at.most(6);
  });

  it('know addresses of this machine and of private networks', () => {
    for (const address of [
      '0.0.0.0',
      '100.64.0.1',
      '172.31.0.1',
      '192.168.1.1',
      '224.0.0.1',
      '::',
      'fe80::1',
      '64:ff9b::7f00:1',
    ])
      expect(isInner(address), address).to.equal(true);
    for (const address of ['1.1.1.1', '172.32.0.1', '2606:4700::1111'])
      expect(isInner(address), address).to.equal(false);
  });
});
