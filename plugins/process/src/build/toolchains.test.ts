import { expect } from 'chai';
import { Toolchains } from './toolchains.ts';

const good = { tool: 'node', package: '@example/node-linux-x64', version: '24.21.0-rc.1', bin: 'bin' };

describe('toolchains of a plan', () => {
  it('are exact npm packages, one folder each', () => {
    expect(Toolchains.folderName(good)).to.equal('@example+node-linux-x64-24.21.0-rc.1');
    expect(Toolchains.binaries({ ...good, bin: '' }, '/t')).to.include(
      '/t/@example+node-linux-x64-24.21.0-rc.1/node_modules/.bin',
    );
  });

  it('are never an option of npm, an address, or a way out of their folder', () => {
    const bad = [
      ...[
        '--global',
        '-g',
        '..',
        '.hidden',
        'a/b',
        '@a/../b',
        'https://example.com/a.tgz',
        'git+ssh://a',
        'a b',
        '',
      ].map((name) => ({ package: name })),
      ...['latest', '^1.0.0', '1', '1.0.0 --global', '../1.0.0', 'file:.', ''].map((version) => ({ version })),
      ...['../bin', 'a/../../b', 'bin:/usr/local/bin', 'a b'].map((bin) => ({ bin })),
    ];
    for (const change of bad)
      expect(() => Toolchains.folderName({ ...good, ...change }), JSON.stringify(change))
        .to.throw()
        .with.property('code', 'PLAN_NOT_FOUND');
  });
});
