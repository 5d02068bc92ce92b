import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openKeyRing } from './key-ring.ts';

let folder = '';
const fresh = async () => join(await mkdtemp(join(folder, 'ring-')), 'keys');

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { code?: string }) => error.code,
  );

describe('key ring', () => {
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'keys-'))));
  after(() => rm(folder, { recursive: true }));

  it('opens what it sealed, also after a restart, and never the same way twice', async () => {
    const directory = await fresh();
    const ring = await openKeyRing(directory);
    const sealed = ring.seal('projects', 'service-1', 'pässword');
    expect(sealed).not.to.equal(ring.seal('projects', 'service-1', 'pässword'));
    expect((await openKeyRing(directory)).open('projects', 'service-1', sealed)).to.equal('pässword');
  });
  it('fails for another owner, another plugin and another ring', async () => {
    const ring = await openKeyRing(await fresh());
    const other = await openKeyRing(await fresh());
    const sealed = ring.seal('projects', 'service-1', 'x');
    for (const attempt of [
      () => ring.open('projects', 'service-2', sealed),
      () => ring.open('git', 'service-1', sealed),
      () => other.open('projects', 'service-1', sealed),
    ]) {
      expect(attempt).to.throw().with.property('code', 'SECRET_UNREADABLE');
    }
  });
  it('fails when any one bit is flipped, or anything is cut', async () => {
    const ring = await openKeyRing(await fresh());
    const sealed = ring.seal('p', 'o', 'secret');
    const parts = sealed.split('.');
    for (const place of [2, 3]) {
      const bytes = Buffer.from(parts[place] ?? '', 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const forged = parts.with(place, changed.toString('base64url')).join('.');
        expect(() => ring.open('p', 'o', forged)).to.throw();
      }
    }
    for (const text of [
      '',
      'v1',
      'v1.x.y',
      'v3' + sealed.slice(2),
      'v1.__proto__.AAAA',
      'v2.__proto__.AAAA.AAAA',
      `${sealed}.x`,
      `${sealed}=`,
      sealed.slice(0, -4),
    ]) {
      expect(() => ring.open('p', 'o', text))
        .to.throw()
        .with.property('code', 'SECRET_UNREADABLE');
    }
  });
  it('seals with the new key after a rotation and still opens the old', async () => {
    const directory = await fresh();
    const ring = await openKeyRing(directory);
    const old = ring.seal('p', 'o', 'old');
    const id = await ring.rotate();
    const later = await openKeyRing(directory);
    expect(later.seal('p', 'o', 'new')).to.contain(`v2.${id}.`);
    expect([ring.open('p', 'o', old), later.open('p', 'o', old)]).to.deep.equal(['old', 'old']);
  });
  it('wraps anew with the current key what an older one sealed, so that the older one can go', async () => {
    const directory = await fresh();
    const ring = await openKeyRing(directory);
    const [first] = ring.list();
    const old = ring.seal('p', 'o', 'text');
    await ring.rotate();
    const renewed = ring.rewrap(old);
    await ring.retire(first?.id ?? '');
    expect(ring.open('p', 'o', renewed)).to.equal('text');
    expect(() => ring.open('p', 'o', old))
      .to.throw()
      .with.property('code', 'SECRET_UNREADABLE');
    expect(() => ring.rewrap(old))
      .to.throw()
      .with.property('code', 'SECRET_UNREADABLE');
    expect(ring.list().map((key) => key.current)).to.deep.equal([true]);
    expect(await codeOf(ring.retire(ring.list()[0]?.id ?? ''))).to.equal('CONFLICT_KEY_CURRENT');
    expect(await codeOf(ring.retire('nothing'))).to.equal('NOT_FOUND');
    expect((await openKeyRing(directory)).open('p', 'o', renewed)).to.equal('text');
  });
  it('opens at once what another process sealed with a key that it made', async () => {
    const directory = await fresh();
    const [one, two] = [await openKeyRing(directory), await openKeyRing(directory)];
    await one.rotate();
    expect(two.open('p', 'o', one.seal('p', 'o', 'x'))).to.equal('x');
    expect(two.isSigned('y', 'x', one.sign('y', 'x'))).to.equal(true);
    await two.rotate();
    expect(two.list()).to.have.lengthOf(3);
  });
  it('signs for one purpose, and tells what was changed', async () => {
    const ring = await openKeyRing(await fresh());
    const signature = ring.sign('this', 'text');
    expect(ring.isSigned('this', 'text', signature)).to.equal(true);
    for (const [purpose, text, given] of [
      ['that', 'text', signature],
      ['this', 'texT', signature],
      ['this', 'text', signature.slice(0, -2)],
      ['this', 'text', 's1.__proto__.AAAA'],
      ['this', 'text', ''],
    ] as const)
      expect(ring.isSigned(purpose, text, given)).to.equal(false);
  });
  it('is readable by its owner only', async () => {
    const directory = await fresh();
    await openKeyRing(directory);
    expect([
      (await stat(directory)).mode & 0o777,
      (await stat(join(directory, 'keys.json'))).mode & 0o777,
    ]).to.deep.equal([0o700, 0o600]);
  });
  it('is the same ring for two that make it at once', async () => {
    const directory = await fresh();
    const [one, two] = await Promise.all([openKeyRing(directory), openKeyRing(directory)]);
    expect(two.open('p', 'o', one.seal('p', 'o', 'x'))).to.equal('x');
  });
  it('never replaces a damaged ring', async () => {
    const directory = await fresh();
    await openKeyRing(directory);
    const path = join(directory, 'keys.json');
    for (const damage of ['', '{"current":"a","keys":{}}', (await readFile(path, 'utf8')).slice(0, -9)]) {
      await writeFile(path, damage);
      const error: unknown = await openKeyRing(directory).catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'KEYS_UNREADABLE');
      expect(await readFile(path, 'utf8')).to.equal(damage);
    }
  });
});
