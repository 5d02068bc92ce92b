import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../', import.meta.url));
const skipped = new Set(['node_modules', 'dist', 'generated', 'test', 'fixtures', 'ui']);

/** Sources that may throw, joined: not tests, not views. */
function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !skipped.has(entry.name))
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sources(path);
      return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? readFileSync(path, 'utf8') : '';
    })
    .join('\n');
}

describe('the page of error codes', () => {
  const text = ['sdk', 'foundation', 'kernel', 'agent', 'plugins', 'install/src']
    .map((folder) => sources(join(root, folder)))
    .join('\n');
  const causes = readFileSync(join(root, 'plugins/deployments/src/causes.ts'), 'utf8');
  const thrown = new Set(
    [
      ...text.matchAll(/\bcode: '([A-Z][A-Z0-9_]+)'/g),
      ...text.matchAll(/\bconflict\(\s*'(CONFLICT[A-Z_]*)'/g),
      // Rows of a table that `defineErrors` makes; Fastify's own codes are not ours.
      ...text.matchAll(/^ {2}(?!FST_)([A-Z][A-Z0-9_]+): \(/gm),
      ...causes.matchAll(/^ {2}([A-Z][A-Z_]+): \{/gm),
    ].map((match) => match[1] ?? ''),
  );
  const rows = [
    ...readFileSync(join(root, 'docs/reference/errors.md'), 'utf8').matchAll(
      /^\| `([A-Z0-9_]+)` \| (\d{3}|none) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm,
    ),
  ];
  const listed = rows.map((row) => row[1] ?? '');

  it('lists every code that a source throws', () => {
    expect(thrown.size).to.be.greaterThan(100);
    expect([...thrown].filter((code) => !listed.includes(code)).sort()).to.deep.equal([]);
  });

  it('lists no code that no source knows, and each once, in order', () => {
    const unknown = listed.filter((code) => !thrown.has(code) && !text.includes(`'${code}'`));
    expect(unknown).to.deep.equal([]);
    expect(listed).to.deep.equal([...new Set(listed)].sort());
  });

  it('says for each what it means and what to do', () => {
    for (const [, code, , means, instead] of rows) {
      expect(means, code).to.match(/^[A-Z].*\.\s*$/);
      expect(instead, code).to.match(/^\S.*[.…`]\s*$/);
    }
  });
});
