import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Infer, Principal, Provider } from '@containr/sdk';
import type { Builder, BuildSettings as Settings } from '@containr/sdk/contracts';
import { SourceFolder } from '@containr/sdk/host';
import { expect } from 'chai';
import type { PluginPackage } from '@containr/kernel';
import { after, afterEach, before, describe, it } from 'mocha';
import { lentFolders } from './lent-folders.ts';

/** A builder under test. */
export interface BuilderSubject {
  /** As the platform gives it: what it takes and answers is checked against the contract's schemas. */
  readonly provider: Provider<NonNullable<(typeof Builder)['accepts']>>;
  readonly principal: Principal;
  /** A source that it builds: text by path. */
  readonly builds: Readonly<Record<string, string>>;
  /** Ends everything. */
  remove(): Promise<void>;
}

type BuildSettings = Infer<typeof Settings>;

const automatic: BuildSettings = {
  builder: 'auto',
  installCommand: null,
  buildCommand: null,
  startCommand: null,
  dockerfile: null,
  target: null,
};

/**
 * What every builder must do, whatever it understands. `open` starts a platform with the builder and with the plugin that it
 * is given, which lends the suite's sources.
 *
 * @example builderConformance('nixpacks', (sources) => openSubject(['nixpacks', sources]));
 */
export function builderConformance(id: string, open: (sources: PluginPackage) => Promise<BuilderSubject>): void {
  describe(`The contract of builders: ${id}`, function () {
    this.timeout(60_000);
    let subject: BuilderSubject;
    const { plugin, sources } = lentFolders();
    const folders: string[] = [];

    before(async () => {
      subject = await open(plugin);
    });
    afterEach(async () => {
      for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
    });
    after(() => subject?.remove());

    async function source(files: Readonly<Record<string, string>>): Promise<string> {
      const folder = await mkdtemp(join(tmpdir(), 'containr-builder-'));
      folders.push(folder);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
      return folder;
    }
    function ask(directory: string, settings: Partial<BuildSettings> = {}) {
      const about = { settings: { ...automatic, ...settings }, variables: {}, runtime: 'docker' };
      const call = { principal: subject.principal };
      const { client } = subject.provider;
      const lend = <T>(work: (source: string) => Promise<T>): Promise<T> =>
        sources.during(new SourceFolder(directory), subject.principal, work);
      return {
        bid: () => lend((source) => client.bid({ source, ...about }, call)),
        plan: () => lend((source) => client.plan({ source, ...about }, call)),
      };
    }

    it('bids for what it builds, and says why', async () => {
      const bid = await ask(await source(subject.builds)).bid();
      expect(bid.score).to.be.greaterThan(0);
      expect(bid.reason).to.match(/\S/);
    });

    it('does not bid for an empty source, and says why', async () => {
      const bid = await ask(await source({})).bid();
      expect(bid.score).to.equal(0);
      expect(bid.reason).to.match(/\S/);
    });

    it('bids for what it builds when it is named', async () => {
      const directory = await source(subject.builds);
      expect((await ask(directory, { builder: id }).bid()).score).to.be.greaterThan(0);
    });

    it('plans under its own id, and says where each line came from', async () => {
      const plan = await ask(await source(subject.builds)).plan();
      expect(plan.builder).to.equal(id);
      expect(plan.why).not.to.deep.equal([]);
    });

    it('plans the same for the same source, also when asked at the same time', async () => {
      const files = subject.builds;
      const [one, other] = [await source(files), await source(files)];
      const plans = await Promise.all([one, other, one, other].map((directory) => ask(directory).plan()));
      for (const plan of plans) expect(plan).to.deep.equal(plans[0]);
    });

    it('lets the start command of the spec win', async () => {
      const plan = await ask(await source(subject.builds), { startCommand: './my-server --listen' }).plan();
      expect(plan.start).to.include('./my-server --listen');
    });

    it('leaves the source as it is', async () => {
      const directory = await source(subject.builds);
      const before = await contentOf(directory);
      await ask(directory).bid();
      await ask(directory).plan();
      expect(await contentOf(directory)).to.equal(before);
    });

    it('refuses to plan an empty source, with a code and what to do', async () => {
      const thrown: unknown = await ask(await source({}))
        .plan()
        .then(
          () => null,
          (error: unknown) => error,
        );
      expect(thrown)
        .to.have.property('code')
        .that.matches(/^[A-Z][A-Z0-9_]+$/);
      expect(thrown).to.have.property('status').that.is.within(400, 499);
      expect(thrown).to.have.property('hint').that.matches(/\S/);
    });

    it('shows nothing of what lies outside the source', async () => {
      const secret = 'outside-7f3a';
      const outside = await source(Object.fromEntries(Object.entries(subject.builds).map(([path]) => [path, secret])));
      const directory = await source({});
      for (const path of Object.keys(subject.builds)) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await symlink(join(outside, path), join(directory, path));
      }
      const answers = await Promise.allSettled([ask(directory).bid(), ask(directory).plan()]);
      const told = answers.map((one) => (one.status === 'fulfilled' ? JSON.stringify(one.value) : String(one.reason)));
      expect(told.join('\n')).not.to.include(secret);
    });
  });
}

async function contentOf(directory: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.toSorted()) hash.update(file).update(await readFile(file));
  return hash.digest('hex');
}
