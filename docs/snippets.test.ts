import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { snippetsOf, stepsOf } from './snippets/read-page.ts';
import { runPage } from './snippets/run-page.ts';

const docs = fileURLToPath(new URL('.', import.meta.url));
const guides = join(docs, 'guides');
const pages = (await readdir(guides)).filter((name) => name.endsWith('.md')).toSorted();

describe('the guides', function () {
  this.timeout(240_000);
  let work = '';
  before(async () => {
    work = await mkdtemp(join(tmpdir(), 'containr-docs-'));
    await symlink(join(docs, '../node_modules'), join(work, 'node_modules'));
  });
  after(() => rm(work, { recursive: true, force: true }));

  for (const page of pages)
    it(`${page} does what it says`, async () => {
      const steps = stepsOf(await readFile(join(guides, page), 'utf8'));
      const folder = join(work, page.replace(/\.md$/, ''));
      await mkdir(folder);
      await runPage(steps, folder);
    });

  for (const page of ['../README.md', ...pages])
    it(`${page} links to what is there`, async () => {
      const file = resolve(guides, page);
      const text = await readFile(file, 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
        expect(existsSync(join(dirname(file), target)), target).to.equal(true);
    });
});

describe('reading a page', () => {
  it('finds blocks with their marks', () => {
    const [one] = snippetsOf('a\n```ts file=src/a.ts\nlet a\n```\n');
    expect(one).to.deep.equal({ language: 'ts', marks: ['file=src/a.ts'], text: 'let a\n', line: 2 });
    expect(() => snippetsOf('```ts\n')).to.throw('line 1 is not closed');
  });

  it('leaves no code unchecked, and writes nowhere else', () => {
    expect(() => stepsOf('```ts\nlet a\n```')).to.throw('names no file');
    for (const path of ['/etc/x.ts', '../x.ts', 'a/../../x.ts'])
      expect(() => stepsOf(`\`\`\`ts file=${path}\nlet a\n\`\`\``)).to.throw('no path');
    expect(stepsOf('```sh run\nnpm test\n```\n```\nplain\n```')).to.deep.equal([{ kind: 'run', command: 'npm test' }]);
  });
});
