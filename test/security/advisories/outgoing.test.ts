import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isInner, isNeverAsked } from '@containr/sdk/host';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { prove } from '../../../plugins/ingress/src/domains/prove.ts';

/** An answer of a name server: one address for whatever is asked, or none. */
function dnsAnswer(question: Buffer, address: string): Buffer {
  const end = question.indexOf(0, 12) + 5;
  const type = question.readUInt16BE(end - 4);
  const has = type === 1;
  const head = Buffer.from(question.subarray(0, 12));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(has ? 1 : 0, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  const record = Buffer.concat([
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4]),
    Buffer.from(address.split('.').map(Number)),
  ]);
  return Buffer.concat([head, question.subarray(12, end), ...(has ? [record] : [])]);
}

describe('#73 #55 where requests go on somebody’s behalf', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const of = (...parts: readonly (number | fc.Arbitrary<number>)[]) =>
    fc.tuple(...parts.map((part) => (typeof part === 'number' ? fc.constant(part) : part)));
  const four = fc.oneof(
    of(10, byte, byte, byte),
    of(127, byte, byte, byte),
    of(169, 254, byte, byte),
    of(172, fc.integer({ min: 16, max: 31 }), byte, byte),
    of(192, 168, byte, byte),
    of(100, fc.integer({ min: 64, max: 127 }), byte, byte),
    of(0, byte, byte, byte),
    of(fc.integer({ min: 224, max: 255 }), byte, byte, byte),
  );
  const hex = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]): string =>
    `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;

  it('no inner address passes for another one, however it is written', () => {
    fc.assert(
      fc.property(four, (parts) => {
        const dotted = parts.join('.');
        for (const written of [
          dotted,
          `::ffff:${dotted}`,
          `::FFFF:${dotted}`,
          `0:0:0:0:0:ffff:${dotted}`,
          `::ffff:${hex(parts)}`,
          `0000:0000:0000:0000:0000:ffff:${hex(parts)}`,
          `::${hex(parts)}`,
          `64:ff9b::${hex(parts)}`,
          `2002:${hex(parts)}::`,
          `2002:${hex(parts)}::1`,
        ])
          expect(isInner(written), written).to.equal(true);
      }),
      { numRuns: 2000 },
    );
    for (const address of [
      '::',
      '::1',
      'fe80::1%eth0',
      'fd12::1',
      'fec0::1',
      'ff02::1',
      '',
      'localhost',
      '127.1',
      '0x7f.1',
      '2130706433',
    ])
      expect(isInner(address), address).to.equal(true);
    for (const address of [
      '1.1.1.1',
      '93.184.216.34',
      '172.15.0.1',
      '172.32.0.1',
      '192.167.1.1',
      '2606:4700::1111',
      '2a00:1450::1',
    ])
      expect(isInner(address), address).to.equal(false);
    for (const address of [
      '169.254.169.254',
      '::ffff:169.254.169.254',
      '::ffff:a9fe:a9fe',
      'fd00:ec2::254',
      '100.100.100.200',
      '168.63.129.16',
      '0.0.0.0',
      '::',
      'fe80::1',
      '255.255.255.255',
    ])
      expect(isNeverAsked(address), address).to.equal(true);
    for (const address of ['127.0.0.1', '10.0.0.1', '192.168.1.1', '::1', 'fd12::1', '1.1.1.1'])
      expect(isNeverAsked(address), address).to.equal(false);
  });

  describe('a domain whose name server says what its claimant wants', () => {
    let server: Server;
    let names: Socket;
    let address = '127.0.0.1';
    let location: string | null = null;
    let asked: { host: string | undefined; path: string | undefined; headers: string[] }[] = [];

    before(async () => {
      server = createServer((request, response) => {
        asked.push({ host: request.headers.host, path: request.url, headers: Object.keys(request.headers) });
        if (location === null) response.end('something secret');
        else response.writeHead(302, { location }).end();
      }).listen(0, '0.0.0.0');
      names = createSocket('udp4');
      names.on('message', (question, from) => names.send(dnsAnswer(question, address), from.port, from.address));
      names.bind(0, '127.0.0.1');
      await Promise.all([once(server, 'listening'), once(names, 'listening')]);
    });
    after(() => {
      names.close();
      server.close();
      server.closeAllConnections();
    });
    beforeEach(() => {
      asked = [];
      location = null;
    });
    const look = () =>
      prove('claimed.example.org', {
        token: 'a'.repeat(40),
        dnsServers: [`127.0.0.1:${names.address().port}`],
        port: (server.address() as AddressInfo).port,
        dnsOnly: false,
        signal: AbortSignal.timeout(10_000),
      });

    it('is asked for its proof alone, with nothing of ours, and what it answers is not told', async () => {
      address = '127.0.0.1';
      const found = await look();
      expect(JSON.stringify(found)).not.to.include('something secret');
      expect(asked.map(({ path }) => path)).to.deep.equal([`/.well-known/containr/${'a'.repeat(40)}`]);
      expect(asked[0]?.headers.toSorted()).to.deep.equal(['accept', 'connection', 'host']);
    });

    it('is not followed elsewhere', async () => {
      address = '127.0.0.1';
      location = `http://127.0.0.1:${(server.address() as AddressInfo).port}/elsewhere`;
      expect(await look()).to.have.property('problem');
      expect(asked).to.have.lengthOf(1);
    });

    it('leads to no metadata service and to no other name of this machine', async () => {
      for (const one of ['0.0.0.0', '169.254.169.254']) {
        address = one;
        expect(await look()).to.deep.equal({
          problem: `claimed.example.org leads to ${one}, which is nobody's to serve at.`,
        });
      }
      expect(asked).to.deep.equal([]);
    });
  });
});
