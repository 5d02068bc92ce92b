import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ContainrError } from '@containr/sdk';
import { until } from '@containr/testing';
import { expect } from 'chai';
import { extract } from 'tar-stream';
import type { GitPlatform, Workspace } from '../test/fixture.ts';
import { startGitPlatform, workspace } from '../test/fixture.ts';
import { PushWatch } from './push/push-watch.ts';
import { sweepPushes } from './push/sweep.ts';
import { openRepositories } from './repository/repositories.ts';

async function namesIn(tar: Buffer | undefined): Promise<string[]> {
  const names: string[] = [];
  const reader = extract();
  reader.end(tar);
  for await (const entry of reader) {
    if (entry.header.type === 'file') names.push(entry.header.name);
    entry.resume();
  }
  return names.sort();
}

describe('git push', function () {
  this.timeout(60_000);
  let platform: GitPlatform;
  let work: Workspace;

  before(async () => {
    platform = await startGitPlatform();
  });
  after(() => platform?.stop());
  beforeEach(async () => {
    work = await workspace();
    await work.write('index.html', '<h1>hello</h1>');
    platform.road.requested.length = 0;
    platform.road.snapshots.length = 0;
    platform.road.refuse = null;
  });
  afterEach(() => work.remove());

  /** Ends the deployment that comes as soon as it is there. */
  async function finish(part: Parameters<GitPlatform['road']['change']>[0]): Promise<void> {
    await until('a deployment is asked for', async () => platform.road.requested.length > 0);
    platform.road.change(part);
  }

  it('deploys the branch of the spec, tells the road while it runs, and ends with the address', async () => {
    const { id, url } = await platform.service('first');
    await work.write('.gitattributes', 'index.html export-ignore\n');
    const commit = await work.commit('Say hello');
    const pushing = work.git('push', url, 'main');
    await until('a deployment is asked for', async () => platform.road.requested.length > 0);
    await platform.road.log('\u001b[31mcompiling\u001b[0m 1 of 2');
    platform.road.change({ status: 'watching', urls: ['http://first-shop.localhost:8081'] });
    const { code, said } = await pushing;
    expect(code, said).to.equal(0);
    expect(said).to.include('remote: -----> Deployment 1: main');
    expect(said).to.include('remote:        compiling 1 of 2');
    expect(said).to.include('http://first-shop.localhost:8081');
    expect(said).to.match(/\[new branch\] +main -> main/);
    const [deployment] = platform.road.requested;
    expect(deployment?.service).to.equal(id);
    expect(deployment?.source).to.deep.include({
      kind: 'git',
      ref: 'main',
      commit,
      message: 'Say hello',
      author: 'Ada',
    });
    expect(await namesIn(platform.road.snapshots[0])).to.deep.equal(['.gitattributes', 'index.html']);
    const listed = await platform.test.request(`/api/v1/repositories?service=${id}`, { token: platform.token });
    expect(listed.field('items', 0, 'branches', 0)).to.deep.include({ name: 'main', commit, deploys: true });
  });

  it('says FAILED with cause and hint, and keeps the commits', async () => {
    const { url } = await platform.service('failing');
    const commit = await work.commit('Break');
    const pushing = work.git('push', url, 'main');
    await finish({
      status: 'failed',
      cause: {
        code: 'BUILD_FAILED',
        title: 'Build failed',
        detail: 'npm ended with 1.',
        hint: 'Run npm run build at home.',
      },
    });
    const { code, said } = await pushing;
    expect(code, said).to.equal(0);
    for (const part of ['FAILED', 'BUILD_FAILED', 'npm ended with 1.', 'Run npm run build at home.'])
      expect(said).to.include(part);
    expect((await work.git('ls-remote', url, 'refs/heads/main')).out).to.include(commit);
  });

  it('stores other branches and tags, and says which branch deploys', async () => {
    const { url } = await platform.service('branches');
    await work.commit('Try');
    await work.git('tag', 'v1');
    const { code, said } = await work.git('push', url, 'main:try', 'v1');
    expect(code, said).to.equal(0);
    expect(said).to.include('this service deploys main');
    expect(said).to.include('tags do not deploy');
    expect(platform.road.requested).to.deep.equal([]);
  });

  it('deploys nothing for an empty commit or the deletion of the branch, and says so', async () => {
    const { url } = await platform.service('empty');
    const empty = await workspace();
    await empty.commit('Nothing');
    const pushed = await empty.git('push', url, 'main');
    expect(pushed.code, pushed.said).to.equal(0);
    expect(pushed.said).to.include('has no files');
    const deleted = await empty.git('push', url, ':main');
    expect(deleted.code, deleted.said).to.equal(0);
    expect(deleted.said).to.include('Deleted main, the branch that deploys');
    expect(platform.road.requested).to.deep.equal([]);
    await empty.remove();
  });

  it('keeps the commits and says why when no deployment can be asked for; the sweep deploys them later, once', async () => {
    const { id, url } = await platform.service('swept');
    const commit = await work.commit('Wait');
    platform.road.refuse = new ContainrError({
      code: 'DISK_FULL',
      status: 507,
      detail: 'The disk is full.',
      hint: 'Make room.',
    });
    const { code, said } = await work.git('push', url, 'main');
    expect(code, said).to.equal(0);
    expect(said).to.include('no deployment could be started: The disk is full.');
    platform.road.refuse = null;
    const context = platform.context();
    const sweep = () => sweepPushes(context, openRepositories(context), new PushWatch(), { signal: context.signal });
    expect(await sweep()).to.equal(1);
    expect(platform.road.requested.map((one) => [one.service, one.source.commit])).to.deep.equal([[id, commit]]);
    expect(await sweep()).to.equal(0);
  });

  it('goes on with the deployment when the pusher leaves', async () => {
    const { url } = await platform.service('leaving');
    await work.commit('Go');
    const pushing = work.git('-c', 'http.lowSpeedLimit=1000000', '-c', 'http.lowSpeedTime=1', 'push', url, 'main');
    await until('a deployment is asked for', async () => platform.road.requested.length > 0);
    await pushing;
    platform.road.change({ status: 'live' });
    expect(platform.road.requested).to.have.length(1);
  });

  it('refuses an unknown service with a sentence, and leaves nothing on disk', async () => {
    const { url } = await platform.service('known');
    await work.commit('Lost');
    const before = await readdir(platform.context().directory);
    const { code, said } = await work.git('push', url.replace('known.git', 'unknown.git'), 'main');
    expect(code).to.not.equal(0);
    expect(said).to.include('There is no service');
    expect(await readdir(platform.context().directory)).to.deep.equal(before);
    const asked = await platform.test.request(
      `${new URL(url).pathname.replace('known', 'unknown')}/info/refs?service=git-receive-pack`,
      { token: platform.token },
    );
    expect([asked.status, asked.field('code')]).to.deep.equal([404, 'NOT_FOUND']);
  });

  it('refuses a wrong password, and asks for one when there is none', async () => {
    const { url } = await platform.service('guarded');
    await work.commit('Sneak');
    const wrong = new URL(url);
    wrong.password = 'ctr_wrong';
    const { code, said } = await work.git('push', wrong.href, 'main');
    expect(code).to.not.equal(0);
    expect(said).to.match(/Authentication failed|could not read Username/);
    const asked = await platform.test.request(`${wrong.pathname}/info/refs?service=git-receive-pack`);
    expect([asked.status, asked.headers['www-authenticate']]).to.deep.equal([
      401,
      'Basic realm="Containr", charset="UTF-8"',
    ]);
  });

  it('takes the password of an account as well as a token', async () => {
    const { url } = await platform.service('personal');
    const own = new URL(url);
    own.username = 'ada@example.com';
    own.password = 'correct horse battery';
    const { code, said } = await work.git('ls-remote', own.href);
    expect(code, said).to.equal(0);
  });

  it('takes a pack of many megabytes, and a push from a shallow clone; clones give it all back', async () => {
    const { url } = await platform.service('large');
    await work.write('large.bin', randomBytes(24 * 1024 * 1024));
    await work.commit('Large');
    const first = work.git('push', url, 'main');
    await finish({ status: 'live' });
    expect((await first).code, (await first).said).to.equal(0);
    const clone = await work.git('clone', '--quiet', '--depth=1', url, 'shallow');
    expect(clone.code, clone.said).to.equal(0);
    await work.write('shallow/more.txt', 'more');
    await work.git('-C', 'shallow', 'add', 'more.txt');
    await work.git('-C', 'shallow', 'commit', '--quiet', '--message', 'More');
    platform.road.requested.length = 0;
    const second = work.git('-C', 'shallow', 'push', url, 'HEAD:main');
    await finish({ status: 'live' });
    expect((await second).code, (await second).said).to.equal(0);
    expect(await namesIn(platform.road.snapshots.at(-1))).to.deep.equal(['index.html', 'large.bin', 'more.txt']);
  });

  it('takes a push that replaces history', async () => {
    const { url } = await platform.service('forced');
    await work.commit('One');
    const first = work.git('push', url, 'main');
    await finish({ status: 'live' });
    await first;
    await work.git('commit', '--quiet', '--amend', '--message', 'Other');
    platform.road.requested.length = 0;
    const second = work.git('push', '--force', url, 'main');
    await finish({ status: 'live' });
    expect((await second).code, (await second).said).to.equal(0);
    expect(platform.road.requested[0]?.source.message).to.equal('Other');
  });

  it('refuses objects that would harm a checkout', async () => {
    const { url } = await platform.service('hostile');
    const blob = (await work.git('hash-object', '-w', 'index.html')).out.trim();
    await work.write('tree', `100644 blob ${blob}\t.GIT\n`);
    const child = spawn('git', ['mktree'], { cwd: work.directory, stdio: ['pipe', 'pipe', 'ignore'] });
    createReadStream(join(work.directory, 'tree')).pipe(child.stdin);
    let tree = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) tree += String(chunk);
    const commit = (await work.git('commit-tree', '-m', 'Bad', tree.trim())).out.trim();
    const { code, said } = await work.git('push', url, `${commit}:refs/heads/main`);
    expect(code, said).to.not.equal(0);
    expect(said).to.match(/hasDotgit|fsck error/);
    expect(platform.road.requested).to.deep.equal([]);
  });

  it('removes the repository of a deleted service', async () => {
    const { id, url } = await platform.service('short');
    await work.commit('Short');
    const pushing = work.git('push', url, 'main');
    await finish({ status: 'live' });
    await pushing;
    const folder = join(platform.context().directory, `${id}.git`);
    await access(folder);
    const deleted = await platform.test.request(`/api/v1/services/${id}?confirm=short`, {
      method: 'DELETE',
      token: platform.token,
    });
    expect(deleted.status, deleted.text).to.be.lessThan(300);
    await until('it is gone', async () =>
      access(folder).then(
        () => false,
        () => true,
      ),
    );
  });
});
