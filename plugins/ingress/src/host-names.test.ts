import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { ServicePath } from '@containr/plugin-projects/contract';
import { hashedLabel, hostsOf, labelsFor, urlOf } from './host-names.ts';

function pathOf(slugs: { service?: string; environment?: string; project?: string }): ServicePath {
  return {
    organisation: randomUUID(),
    organisationSlug: 'default',
    project: randomUUID(),
    projectSlug: slugs.project ?? 'shop',
    environment: randomUUID(),
    environmentSlug: slugs.environment ?? 'production',
    service: randomUUID(),
    serviceSlug: slugs.service ?? 'web',
    kind: 'web',
    revision: 1,
  };
}

describe('names of services', () => {
  it('leaves production out and names every other environment', () => {
    expect(labelsFor(pathOf({}))[0]).to.equal('web-shop');
    expect(labelsFor(pathOf({ environment: 'preview' }))[0]).to.equal('web-preview-shop');
  });

  it('never makes a label that is longer than 63 characters or ends in a hyphen before the hash', () => {
    for (let length = 1; length <= 40; length++) {
      const path = pathOf({
        service: 'a'.repeat(length),
        environment: 'b-'.repeat(length / 2) + 'b',
        project: 'c'.repeat(40),
      });
      for (const label of labelsFor(path))
        expect(label)
          .to.match(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
          .and.not.include('--');
    }
  });

  it('tells two services with the same long name apart', () => {
    const slugs = { service: 'a'.repeat(40), project: 'c'.repeat(40) };
    expect(hashedLabel(pathOf(slugs))).to.not.equal(hashedLabel(pathOf(slugs)));
  });

  it('shows the domain first and goes on answering at localhost', () => {
    expect(hostsOf('web-shop', { appsDomain: 'apps.example.org' })).to.deep.equal([
      'web-shop.apps.example.org',
      'web-shop.localhost',
    ]);
  });

  it('leaves a port out that the scheme says', () => {
    expect(urlOf('a.localhost', { scheme: 'http', port: 8081 })).to.equal('http://a.localhost:8081');
    expect(urlOf('a.example.org', { scheme: 'http', port: 80 })).to.equal('http://a.example.org');
    expect(urlOf('a.example.org', { scheme: 'https', port: 8081 })).to.equal('https://a.example.org');
  });
});
