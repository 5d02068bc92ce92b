import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { scratchFolder } from '@containr/testing';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { pack } from 'tar-stream';
import { zipOf } from '../../../plugins/deployments/test/zip.ts';
import { Asker } from '../asking/asker.ts';
import type { World } from '../asking/world.ts';
import { startWorld } from '../asking/world.ts';
import { wrongAnswer } from './judge.ts';
import { marker, payloads } from './payloads.ts';
import type { Started } from './process-spy.ts';
import { ownMark, spyOnProcesses, wrongWith } from './process-spy.ts';

const full = process.env['CONTAINR_TEST_FULL'] !== undefined;
const seed = Number(process.env['CONTAINR_FUZZ_SEED'] ?? Date.now() % 1_000_000);
const pushed = full ? 3000 : 150;
const archives = full ? 3000 : 120;
const noCommit = '0'.repeat(40);

describe(`hostile repositories and archives (seed ${seed})`, function () {
  this.timeout(full ? 1_200_000 : 120_000);
  let world: World;
  let folder: string;
  let canary: string;
  let stopSpying: () => void;
  const started: Started[] = [];
  const asks = { kind: 'raw', answer: null } as const;

  before(async () => {
    stopSpying = spyOnProcesses((one) => started.push(one));
    folder = await scratchFolder('pushes');
    canary = join(folder, 'canary');
    world = await startWorld();
  });
  after(async () => {
    await world?.stop();
    stopSpying?.();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    const outside = (text: string): boolean => text.includes(marker) || text.includes(canary);
    expect(started.flatMap((one) => wrongWith(one, outside) ?? [])).to.deep.equal([]);
    expect(existsSync(canary), 'a text was obeyed').to.equal(false);
  });

  const address = (): string => `/git/${world.ours.slug}/ourword-shop/production/web.git`;
  const samples = (count: number, at: number): string[] =>
    fc.sample(payloads(canary), { seed: seed + at, numRuns: count });

  /** The real client, as a person has it; gives its exit code and what it said. */
  function git(input: Buffer | null, ...args: readonly string[]): Promise<{ code: number; said: string }> {
    return new Promise((resolve) => {
      const env = {
        PATH: process.env['PATH'] ?? '',
        HOME: folder,
        GIT_TERMINAL_PROMPT: '0',
        GIT_CONFIG_NOSYSTEM: '1',
        [ownMark]: '1',
      };
      const child = execFile('git', [...args], { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 }, (error, out, said) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, said: out + said }),
      );
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input ?? undefined);
    });
  }

  /** Commits with hostile names of branches and files, authors, messages and dates, as git itself lets them be. */
  function history(): Buffer {
    const [branches, files, words] = [samples(pushed, 1), samples(pushed, 2), samples(pushed, 3)];
    const parts: Buffer[] = [Buffer.from('feature done\n')];
    const say = (text: string): void => void parts.push(Buffer.from(text));
    const data = (text: string): void => {
      const bytes = Buffer.from(text.replaceAll('\0', ''));
      say(`data ${bytes.length}\n`);
      parts.push(bytes, Buffer.from('\n'));
    };
    const dates = [0, 1_700_000_000, 99_999_999_999, 300_000_000_000, 8_640_000_000_000];
    const taken = new Set<string>();
    for (let at = 0; at < pushed; at += 1) {
      const wanted = refName(branches[at] ?? '') ?? 'plain';
      // A branch can't be where another one has a folder.
      const [first = ''] = wanted.split('/');
      const name = taken.has(first) || wanted === 'plain' ? `plain/${at}/${wanted}` : wanted;
      taken.add(first);
      const author =
        (words[at] ?? '')
          .replaceAll(/[<>\n\0]/g, '')
          .slice(0, 200)
          .trim() || 'Ada';
      say(`commit refs/heads/${name}\nauthor ${author} <a@example.org> ${dates[at % dates.length]} +0000\n`);
      say(`committer ${author} <a@example.org> ${dates[at % dates.length]} +0000\n`);
      data(words[at] ?? '');
      const path = (files[at] ?? '')
        .replaceAll('\0', '')
        .split('/')
        .filter((one) => one !== '' && one !== '.' && one !== '..' && !/^\.git/i.test(one))
        .join('/');
      const quoted = [...Buffer.from((path || 'file').slice(0, 1000))]
        .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
        .join('');
      say(`M 100644 inline "${quoted}"\n`);
      data('content');
    }
    say('done\n');
    return Buffer.concat(parts);
  }

  it('#1 #7 #13 #25 pushed by the real client: branches, files, authors, messages, dates', async () => {
    const repository = join(folder, 'repository');
    await mkdir(repository);
    expect((await git(null, 'init', '--quiet', '--bare', repository)).code).to.equal(0);
    const imported = await git(
      history(),
      '--git-dir',
      repository,
      'fast-import',
      '--quiet',
      '--done',
      '--date-format=raw-permissive',
    );
    expect(imported.code, imported.said.slice(0, 500)).to.equal(0);
    const url = `http://x:${world.ours.owner}@127.0.0.1:${new URL(world.test.origin).port}${address()}`;
    const push = await git(
      null,
      '--git-dir',
      repository,
      'push',
      '--quiet',
      '--force',
      url,
      'refs/heads/*:refs/heads/*',
    );
    expect(push.code, push.said.slice(-800)).to.equal(0);
    const listed = await world.ours.ask(`/repositories?service=${world.ours.ids['service']}`);
    expect(listed.status, listed.text.slice(0, 500)).to.equal(200);
    const branches = listed.field('items', 0, 'branches') as { name: string }[];
    expect(branches.length).to.be.greaterThan(pushed / 4);
    // Each may be the one that deploys: it is looked up, read and packed.
    for (const { name } of branches
      .filter(({ name: one }) => one.includes(marker) || one.includes(canary))
      .slice(0, full ? 100 : 8)) {
      const spec = { source: { kind: 'git', branch: name.slice(0, 200) } };
      const changed = await world.ours.ask(`/services/${world.ours.ids['service']}`, {
        method: 'PATCH',
        body: { spec },
      });
      expect(changed.status, changed.text).to.equal(200);
      const deployed = await world.ours.ask('/deployments', {
        method: 'POST',
        body: { service: world.ours.ids['service'] },
      });
      expect(deployed.status, deployed.text).to.be.lessThan(500);
    }
  });

  it('#25 hooks and configuration inside a repository are not obeyed', async () => {
    const own = join(world.test.data, 'plugins/git', `${world.ours.ids['service']}.git`);
    const { writeFile } = await import('node:fs/promises');
    await mkdir(join(own, 'hooks'), { recursive: true });
    for (const hook of [
      'pre-receive',
      'update',
      'post-receive',
      'post-update',
      'reference-transaction',
      'proc-receive',
    ])
      await writeFile(join(own, 'hooks', hook), `#!/bin/sh\ntouch ${canary}\n`, { mode: 0o755 });
    const url = `http://x:${world.ours.owner}@127.0.0.1:${new URL(world.test.origin).port}${address()}`;
    const repository = join(folder, 'repository');
    const push = await git(
      null,
      '--git-dir',
      repository,
      'push',
      '--quiet',
      '--force',
      url,
      'HEAD~0:refs/heads/hooked',
      '--all',
    );
    const again = await git(null, '--git-dir', repository, 'push', '--quiet', '--force', url, ':refs/heads/plain-0');
    expect([push.code, again.code].includes(-1)).to.equal(false);
  });

  it('#1 #7 sent by hand: commands of a push that no client would send', async () => {
    const asker = new Asker(world.test.origin);
    const wrong: string[] = [];
    for (const text of samples(full ? 2000 : 80, 4)) {
      const line = Buffer.concat([
        Buffer.from(`${noCommit} ${'1'.repeat(40)} `),
        Buffer.from(text.includes('refs/') ? text : `refs/heads/${text}`),
        Buffer.from('\0report-status delete-refs agent=git/2.50'),
      ]).subarray(0, 65_000);
      const body = Buffer.concat([
        Buffer.from((line.length + 4).toString(16).padStart(4, '0')),
        line,
        Buffer.from('0000'),
      ]);
      const got = await asker.ask({
        method: 'POST',
        path: `${address()}/git-receive-pack`,
        headers: {
          authorization: `Bearer ${world.ours.owner}`,
          'content-type': 'application/x-git-receive-pack-request',
        },
        body,
      });
      const fault = wrongAnswer(asks, got);
      if (fault) wrong.push(`${JSON.stringify(text.slice(0, 100))}: ${fault}`);
    }
    asker.close();
    expect(wrong.slice(0, 5)).to.deep.equal([]);
  });

  it('#10 #11 #65 #67 #71 archives whose entries are named so: taken or refused, never outside', async () => {
    const wrong: string[] = [];
    const asker = new Asker(world.test.origin);
    const outside = await readdir(folder);
    let taken = 0;
    for (const [at, text] of samples(archives, 5).entries()) {
      const name = text.slice(0, 3000);
      const body = at % 3 === 0 ? zipOf([{ name, text: 'x', mode: 0o100644 }]) : await tarOf(name, at);
      const got = await asker.ask({
        method: 'POST',
        path: '/api/v1/uploads',
        headers: {
          authorization: `Bearer ${world.ours.owner}`,
          'content-type': at % 3 === 0 ? 'application/zip' : 'application/gzip',
        },
        body,
      });
      if (got.status === 201) taken += 1;
      const fault = wrongAnswer(asks, got);
      if (fault) wrong.push(`${JSON.stringify(text.slice(0, 100))}: ${fault}`);
    }
    asker.close();
    expect(wrong).to.deep.equal([]);
    expect(taken).to.be.greaterThan(archives / 10);
    expect(await readdir(folder)).to.deep.equal(outside);
    expect(await readdir(join(world.test.data, 'plugins/deployments/tmp'))).to.deep.equal([]);
  });

  async function tarOf(name: string, at: number): Promise<Buffer> {
    const tar = pack();
    tar.entry({ name: 'index.html' }, 'x');
    const kind = (['file', 'symlink', 'link', 'directory', 'character-device', 'fifo'] as const)[at % 6] ?? 'file';
    const safe = name.replaceAll('\0', '') || 'x';
    if (kind === 'symlink' || kind === 'link') tar.entry({ name: 'way', type: kind, linkname: safe });
    else
      tar.entry({ name: safe, type: kind, ...(kind === 'file' ? { size: 1 } : {}) }, kind === 'file' ? 'x' : undefined);
    tar.finalize();
    return gzipSync(await buffer(tar));
  }
});

/** The text as the name of a branch that git takes; `null` where it takes none of it. */
function refName(text: string): string | null {
  const name = text
    .toWellFormed()
    .slice(0, 180)
    .replaceAll(/[\u0000-\u0020\u007f~^:?*[\\]/g, '_')
    .replaceAll('..', '._')
    .replaceAll('@{', '@_')
    .replaceAll(/\/{2,}/g, '/')
    .split('/')
    .map((part) =>
      part
        .replace(/^\.+/, '_')
        .replace(/\.lock$/i, '_lock')
        .replace(/\.$/, '_'),
    )
    .filter((part) => part !== '')
    .join('/');
  return name === '' || name === '@' || Buffer.byteLength(name) > 200 ? null : name;
}
