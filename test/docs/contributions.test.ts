import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ContributionPoint } from '@containr/inspection';
import { expect } from 'chai';
import { contributionsNow } from './contributions-now.ts';
import { contributionsPage } from './contributions-page.ts';
import { tokenExports } from './token-exports.ts';

const path = fileURLToPath(new URL('../../docs/reference/contributions.md', import.meta.url));

describe('what plugins can add to', () => {
  let points: readonly ContributionPoint[];
  before(async () => {
    points = await contributionsNow();
  });

  it('is in the docs as it is registered', async () => {
    const page = await readFile(path, 'utf8').catch(() => '');
    const stale = 'docs/reference/contributions.md is not what is registered now. Renew it: npm run docs';
    expect(page === contributionsPage(points, await tokenExports()), stale).to.equal(true);
  });

  it('has types, owner and users', () => {
    const find = (type: string, name: string) => points.find((point) => point.type === type && point.name === name);
    const describe = find('hook', 'service.describe');
    expect(describe).to.deep.include({ kind: 'amend', plugin: 'projects' });
    expect(describe?.usedBy).to.deep.include({ plugin: 'deployments', role: 'taps' });
    expect(find('event', 'service.deleted')?.usedBy).to.deep.include({ plugin: 'git', role: 'listens' });
    expect(find('event', 'service.deleted')?.shapes[0]?.shape).to.include('service: string');
    expect(find('event', 'plugin.changed')?.plugin).to.equal('kernel');
    expect(find('service', 'projects')?.plugin).to.equal('projects');
    for (const type of ['hook', 'service', 'event', 'job', 'capability', 'report', 'outlet'])
      expect(
        points.some((point) => point.type === type),
        type,
      ).to.equal(true);
  });
});
