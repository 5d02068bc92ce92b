import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalHost, canonicalPath } from './host-rules.ts';

const reserved = { appsDomain: 'apps.example.net', dashboard: 'containr.example.net' };

describe('names of custom domains', () => {
  it('are kept lower case, in ASCII, without a trailing dot', () => {
    expect(canonicalHost(' Shop.Example.ORG. ', reserved)).to.equal('shop.example.org');
    expect(canonicalHost('bücher.example', reserved)).to.equal('xn--bcher-kva.example');
    expect(canonicalHost('*.example.org', reserved)).to.equal('*.example.org');
  });

  for (const host of [
    '',
    'localhost',
    'web.localhost',
    'example',
    '10.0.0.1',
    '[::1]',
    'a b.example.org',
    'shop.example.org:443',
    'https://shop.example.org',
    'shop.example.org/x',
    '*.*.example.org',
    'a.*.example.org',
    '-a.example.org',
    'a..org',
    'apps.example.net',
    'x.apps.example.net',
    'APPS.example.net',
    'containr.example.net',
    'shop.example.org\n',
    `${'a'.repeat(64)}.example.org`,
    '0x7f.1',
    'ex%61mple.org\0',
  ])
    it(`are refused: ${JSON.stringify(host)}`, () => {
      if (host === 'shop.example.org\n') expect(canonicalHost(host, reserved)).to.equal('shop.example.org');
      else
        expect(() => canonicalHost(host, reserved))
          .to.throw()
          .with.property('code', 'INVALID');
    });

  it('are the same when read a second time', () => {
    fc.assert(
      fc.property(fc.domain(), fc.boolean(), (domain, wildcard) => {
        const host = canonicalHost(wildcard ? `*.${domain}` : domain, reserved);
        expect(canonicalHost(host, reserved)).to.equal(host);
        expect(host).to.match(/^(\*\.)?[a-z0-9_.-]+$/);
      }),
    );
  });

  it('have paths that start and end with a slash', () => {
    expect(['', '/', 'api', '/api/', '/a/b'].map(canonicalPath)).to.deep.equal(['/', '/', '/api/', '/api/', '/a/b/']);
    for (const path of ['/a?b', '/a#b', '/%2e', '/../x', '/a//b', '/a b', '\\a'])
      expect(() => canonicalPath(path), path)
        .to.throw()
        .with.property('code', 'INVALID');
  });
});
