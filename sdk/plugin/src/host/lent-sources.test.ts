import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Principal } from '../principal.ts';
import { LentSources } from './lent-sources.ts';
import { SourceFolder } from './source-folder.ts';

function principalOf(organisation: string | null): Principal {
  return { kind: 'plugin', id: 'a', name: 'a', organisation, permissions: [], via: 'internal' };
}
const principal = principalOf('clinic');
const call = { principal, signal: new AbortController().signal };

describe('a source that is lent to a builder', () => {
  let work = '';
  let folder = '';
  const sources = new LentSources();
  before(async () => {
    work = await mkdtemp(join(tmpdir(), 'containr-lent-'));
    folder = join(work, 'source');
    await mkdir(join(folder, 'bin'), { recursive: true });
    await writeFile(join(folder, 'README'), 'hello');
    await writeFile(join(folder, 'bin/run'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(join(work, 'outside'), 'secret');
    await symlink('../outside', join(folder, 'escape'));
    await symlink('..', join(folder, 'up'));
    await symlink('bin/run', join(folder, 'start'));
  });
  after(() => rm(work, { recursive: true, force: true }));

  const lend = <T>(work: (source: string) => Promise<T>) => sources.during(new SourceFolder(folder), principal, work);
  const codeOf = (work: Promise<unknown>) => work.then(() => null).catch((error: { code?: unknown }) => error.code);

  it('is listed with sizes, modes and where links lead', async () => {
    expect(await lend((source) => sources.list({ source }, call))).to.deep.equal({
      files: [
        { path: 'README', size: 5, mode: 'file' },
        { path: 'bin/run', size: 10, mode: 'executable' },
        { path: 'escape', size: 0, mode: 'link', target: '../outside' },
        { path: 'start', size: 0, mode: 'link', target: 'bin/run' },
        { path: 'up', size: 0, mode: 'link', target: '..' },
      ],
      next: null,
    });
  });

  it('is read up to what was asked, and nothing outside of it', async () => {
    await lend(async (source) => {
      const read = async (path: string, maxBytes = 100) => {
        const { content, size } = await sources.read({ source, path, maxBytes }, call);
        return content === null ? null : [Buffer.from(content, 'base64').toString(), size];
      };
      expect(await read('README', 2)).to.deep.equal(['he', 5]);
      expect(await read('start')).to.deep.equal(['#!/bin/sh\n', 10]);
      for (const path of ['escape', 'up/outside', '../outside', join(work, 'outside'), 'bin', 'missing', 'a\0b'])
        expect(await read(path), path).to.equal(null);
    });
  });

  it('comes in pages when it is large', async () => {
    const large = join(work, 'large');
    await mkdir(large);
    const names = Array.from({ length: 6_000 }, (_, n) => `${n}`.padStart(5, '0'));
    await Promise.all(names.map((name) => writeFile(join(large, name), '')));
    const listed: string[] = [];
    await sources.during(new SourceFolder(large), principal, async (source) => {
      const first = await sources.list({ source }, call);
      expect(first.next).to.equal(first.files.at(-1)?.path);
      const second = await sources.list({ source, after: first.next ?? '' }, call);
      expect(second.next).to.equal(null);
      listed.push(...[...first.files, ...second.files].map(({ path }) => path));
    });
    expect(listed).to.deep.equal(names);
  });

  it('is closed afterwards, and to another organisation', async () => {
    let name = '';
    await lend(async (source) => {
      name = source;
      const stranger = { ...call, principal: principalOf('other') };
      expect(await codeOf(sources.list({ source }, stranger))).to.equal('SOURCE_NOT_LENT');
      expect(await codeOf(sources.read({ source, path: 'README', maxBytes: 1 }, stranger))).to.equal('SOURCE_NOT_LENT');
    });
    expect(await codeOf(sources.list({ source: name }, call))).to.equal('SOURCE_NOT_LENT');
  });

  it('gives no more than its allowance, also to who asks for all at once', async () => {
    await writeFile(join(work, 'source/big'), Buffer.alloc(1_048_576));
    const codes = await lend((source) => {
      const read = { source, path: 'big', maxBytes: 1_048_576 };
      return Promise.all(Array.from({ length: 66 }, () => codeOf(sources.read(read, call))));
    });
    expect(codes).to.deep.equal([...Array.from({ length: 64 }, () => null), 'SOURCE_ALLOWANCE', 'SOURCE_ALLOWANCE']);
    await rm(join(work, 'source/big'));
  });
});
