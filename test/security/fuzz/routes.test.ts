import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '@containr/sdk/host';
import { scratchFolder } from '@containr/testing';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { Asker } from '../asking/asker.ts';
import type { Asked } from '../asking/asker.ts';
import type { Operation } from '../asking/operations.ts';
import { operationsOf } from '../asking/operations.ts';
import type { World } from '../asking/world.ts';
import { startWorld } from '../asking/world.ts';
import { requestWith } from './ask-with.ts';
import { fieldsOf } from './fields-of-world.ts';
import { polluted, wrongAnswer } from './judge.ts';
import { fitting, marker, payloads } from './payloads.ts';
import type { Started } from './process-spy.ts';
import { spyOnProcesses, wrongWith } from './process-spy.ts';

const full = process.env['CONTAINR_TEST_FULL'] !== undefined;
const count = Number(process.env['CONTAINR_FUZZ'] ?? (full ? 100_000 : 3000));
const seed = Number(process.env['CONTAINR_FUZZ_SEED'] ?? Date.now() % 1_000_000);
const together = 6;

interface Case {
  readonly label: string;
  readonly text: string;
  readonly operation: Operation;
  readonly asked: Asked;
  /** What brings back what it may have changed. */
  readonly undo: Asked | null;
}

describe(`${count} hostile texts in every field of every route (seed ${seed})`, function () {
  this.timeout(full ? 3_600_000 : 240_000);
  let world: World;
  let folder: string;
  let canary: string;
  let stopSpying: () => void;
  const started: Started[] = [];
  const lost: unknown[] = [];
  const logged: string[] = [];
  const onLost = (error: unknown): void => void lost.push(error);

  before(async () => {
    process.on('unhandledRejection', onLost);
    stopSpying = spyOnProcesses((one) => started.push(one));
    folder = await scratchFolder('fuzz');
    canary = join(folder, 'canary');
    const destination = { write: (line: string) => void logged.push(line) };
    world = await startWorld({ log: createLogger({ level: 'debug', destination }) });
  });
  after(async () => {
    await world?.stop();
    stopSpying?.();
    process.off('unhandledRejection', onLost);
    await rm(folder, { recursive: true, force: true });
  });

  it('are answered as their schemas say, start no shell, and change nothing that every object has', async () => {
    const faults = new Map<string, string>();
    const sent = { total: 0, good: 0 };
    const asker = new Asker(world.test.origin);
    // The spy hears what is started: this asks Git for its refs.
    const refs = await world.ours.ask(
      `/git/${world.ours.slug}/ourword-shop/production/web.git/info/refs?service=git-upload-pack`,
    );
    expect(refs.status, refs.text).to.equal(200);
    expect(started.filter(({ file }) => file.endsWith('git')).length, 'Git was started').to.be.greaterThan(0);
    const removable = new Set((await operationsOf(world.test)).map(({ name }) => name));
    const cases = casesOf(await fieldsOf(world));
    const work = async (): Promise<void> => {
      for (let next = cases.next(); !next.done; next = cases.next()) {
        const one = next.value;
        const stream = one.operation.kind === 'events' || one.operation.name.endsWith('/variables/text');
        const got = await asker.ask(one.asked, stream).catch((error: unknown) => `no answer: ${String(error)}`);
        const wrong = typeof got === 'string' ? got : wrongAnswer(one.operation, got);
        sent.total += 1;
        if (typeof got !== 'string' && got.status < 300) sent.good += 1;
        if (wrong !== null && faults.size < 40)
          faults.set(`${one.label}: ${wrong}`, `${one.label} with ${JSON.stringify(one.text.slice(0, 200))}: ${wrong}`);
        if (typeof got === 'string' || got.status >= 300) continue;
        if (one.undo) await asker.ask(one.undo);
        const removal = got.status === 201 ? removalOf(one, got.text, removable) : null;
        if (removal) await asker.ask(removal);
      }
    };
    await Promise.all(Array.from({ length: together }, work));
    asker.close();
    expect([...faults.values()].join('\n')).to.equal('');
    expect(sent.total).to.equal(count);
    // They get past the door: a fuzz that is always refused shows nothing.
    expect(sent.good / sent.total).to.be.greaterThan(0.2);
    expect(polluted()).to.deep.equal([]);
    expect(lost).to.deep.equal([]);
    const outside = (text: string): boolean => text.includes(marker) || text.includes(canary);
    expect(started.flatMap((one) => wrongWith(one, outside) ?? [])).to.deep.equal([]);
    expect(existsSync(canary), 'a text was obeyed').to.equal(false);
    // #71: whatever is written about them is one line each, and one document.
    expect(logged.length).to.be.greaterThan(0);
    expect(logged.filter((line) => line.indexOf('\n') !== line.length - 1 || !isDocument(line))).to.deep.equal([]);
  });

  /** Goes round all fields, so that each gets as many as any other. */
  function* casesOf({ fields, headers }: Awaited<ReturnType<typeof fieldsOf>>): Generator<Case, undefined> {
    const rounds = Math.ceil(count / (fields.length + headers.length));
    const texts = new Map<object, readonly string[]>();
    const textsOf = (key: object, arbitrary: () => fc.Arbitrary<string>, at: number): readonly string[] => {
      const known = texts.get(key);
      if (known) return known;
      const made = fc.sample(arbitrary(), { seed: seed + at, numRuns: rounds });
      texts.set(key, made);
      return made;
    };
    let made = 0;
    for (let round = 0; made < count; round += 1) {
      for (const [at, field] of fields.entries()) {
        // A change of settings sets a plugin up anew, twice: these are a tenth as often.
        if (field.operation.path.startsWith('/api/v1/settings/') && round % 10 !== 0) continue;
        if ((made += 1) > count) return;
        const text =
          textsOf(field, () => fitting(canary, field.what === 'key' ? {} : field.schema), at)[round % rounds] ?? '';
        const { operation } = field;
        const asked = requestWith(world.ours, operation, field, text);
        yield { label: field.label, text, operation, asked, undo: undoOf(operation, asked) };
      }
      for (const [at, field] of headers.entries()) {
        if ((made += 1) > count) return;
        const text = textsOf(field, () => payloads(canary), fields.length + at)[round % rounds] ?? '';
        const asked = requestWith(world.ours, field.operation, null, '');
        // What Node's client would not send its server would not read either.
        const value = text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, '').slice(0, 8000);
        yield {
          label: field.label,
          text,
          operation: field.operation,
          asked: { ...asked, headers: { ...asked.headers, [field.header]: value } },
          undo: null,
        };
      }
    }
  }

  /** Takes back what was made, so that the last of many texts finds the same few things as the first. */
  function removalOf({ operation, asked }: Case, text: string, removable: ReadonlySet<string>): Asked | null {
    const segment = operation.path.split('/')[3] ?? '';
    if (!removable.has(`DELETE /api/v1/${segment}/{id}`)) return null;
    const made = JSON.parse(text) as { id?: string; slug?: string; host?: string };
    if (made.id === undefined) return null;
    const confirm = made.slug ?? made.host;
    const query = confirm === undefined ? '' : `?confirm=${encodeURIComponent(confirm)}`;
    const { authorization = '' } = asked.headers;
    return { method: 'DELETE', path: `/api/v1/${segment}/${made.id}${query}`, headers: { authorization }, body: null };
  }

  function undoOf(operation: Operation, asked: Asked): Asked | null {
    if (!operation.name.startsWith('PATCH /api/v1/settings/')) return null;
    const keys = Object.keys(JSON.parse(asked.body ?? '{}') as object);
    return { ...asked, body: JSON.stringify(Object.fromEntries(keys.map((key) => [key, null]))) };
  }
});

function isDocument(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}
