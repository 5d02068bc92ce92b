import { expect } from 'chai';
import fc from 'fast-check';
import { Allowance } from './allowance.ts';
import { givenOf } from './given.ts';
import { ownPage, ownRequest } from './own-places.ts';

const origin = 'https://paas.example.org';
const places = {
  segments: ['tides'],
  pages: new Set(['tides']),
  paths: new Set(['/settings/tides', '/plugins/tides']),
};

describe('what belongs to a framed plugin', () => {
  it('is what lies below its segments of the API', () => {
    for (const path of ['/api/v1/tides', '/api/v1/tides/north?day=1&a=../x', '/api/v1/tides/a%20b', '/api/v1/tides?'])
      expect(ownRequest(path, ['tides'], origin)?.pathname.startsWith('/api/v1/tides'), path).to.equal(true);
  });

  it('is no other route, however it is written', () => {
    for (const path of [
      '/api/v1/users/me',
      '/api/v1/tidesX',
      '/api/v1/',
      '/api/v1',
      '/api/v2/tides',
      'api/v1/tides',
      '//evil.example/api/v1/tides',
      'https://evil.example/api/v1/tides',
      '/api/v1/tides/../users',
      '/api/v1/tides/./../users',
      '/api/v1/tides/..',
      '/api/v1/tides/%2e%2e/users',
      '/api/v1/tides/.%2E/users',
      '/api/v1/tides%2f..%2fusers',
      '/api/v1/tides/..%2fusers',
      '/api/v1/tides/%252e%252e/users',
      '/api/v1/tides\\..\\users',
      '/api/v1/tides/%5c../users',
      '/api/v1/tides//users',
      '/api/v1//tides',
      '/api/v1/./tides',
      '/api/v1/tides%00',
      '/api/v1/tides/\n',
      '/api/v1/ti\tdes',
      '/api/v1/tides#/../users',
      '/api/v1/tides/%',
      '/api/v1/users/../tides',
      '/git/tides',
      '/api/v1/tıdes',
    ])
      expect(ownRequest(path, ['tides'], origin), path).to.equal(null);
  });

  it('never is a request to another segment or server', () => {
    const part = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      '%2e',
      '%2f',
      '%5c',
      '%25',
      'tides',
      'users',
      '@',
      ':',
      '//',
      '?',
      '#',
      '\t',
      'api',
      'v1',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const url = ownRequest(`/api/v1/${parts.join('')}`, ['tides'], origin);
        if (!url) return;
        expect(url.origin).to.equal(origin);
        // Also after a server decoded it once more.
        const seen = new URL(decodeURIComponent(url.pathname).replaceAll('\\', '/'), origin);
        expect(seen.pathname.split('/').slice(0, 4)).to.deep.equal(['', 'api', 'v1', 'tides']);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are its pages, its settings and its place under Plugins', () => {
    expect(ownPage('/tides/north?day=1#noon', places, origin)).to.equal('/tides/north?day=1#noon');
    for (const to of ['/settings/tides', '/plugins/tides']) expect(ownPage(to, places, origin)).to.equal(to);
    for (const to of [
      '/',
      '/plugins',
      '/settings/account',
      '/tidesX',
      '/tides/../plugins',
      '/tides/%2e%2e/plugins',
      '//evil.example/tides',
      '/\\evil.example/tides',
      'https://evil.example/tides',
      'javascript:alert(1)',
      'tides',
      '',
    ])
      expect(ownPage(to, places, origin), to).to.equal(null);
  });

  it('is told of documents what identifies them, and nothing else', () => {
    const service = { id: '1', name: 'api', kind: 'web', urls: ['https://x'], status: { state: 'live' }, spec: {} };
    expect(givenOf({ service, compact: true, place: 'north', run: () => 1, class: 'x', style: {} })).to.deep.equal({
      service: { id: '1', name: 'api', kind: 'web' },
      compact: true,
      place: 'north',
    });
  });

  it('may happen so often, and again after a while', () => {
    let now = 0;
    const allowed = new Allowance(2, 1, () => now);
    expect([allowed.take(), allowed.take(), allowed.take()]).to.deep.equal([true, true, false]);
    now = 1_000;
    expect([allowed.take(), allowed.take()]).to.deep.equal([true, false]);
  });
});
