import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { scriptShell } from '@containr/sdk';
import { terminalLine } from '@containr/sdk/host';
import { scratchFolder } from '@containr/testing';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { cellScript } from '../../../plugins/process/src/isolation/script.ts';
import { payloads } from './payloads.ts';
import { ownMark } from './process-spy.ts';

const full = process.env['CONTAINR_TEST_FULL'] !== undefined;
const seed = Number(process.env['CONTAINR_FUZZ_SEED'] ?? Date.now() % 1_000_000);
const count = full ? 100_000 : 2000;
const together = 50;
const say = 'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env]))';

describe(`hostile texts where a shell stands on the way (seed ${seed})`, function () {
  this.timeout(full ? 1_200_000 : 60_000);
  let folder: string;
  let canary: string;
  before(async () => {
    folder = await scratchFolder('shell');
    canary = join(folder, 'canary');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** What a command in a cell is given: its arguments and its variables. */
  async function given(
    variables: Readonly<Record<string, string>>,
    args: readonly string[],
  ): Promise<[string[], Record<string, string>]> {
    const [program, ...rest] = scriptShell;
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'], env: { [ownMark]: '1' } });
    child.stdin.on('error', () => undefined);
    child.stdin.end(cellScript(variables, [process.execPath, '-e', say, '--', ...args]));
    return JSON.parse(await text(child.stdout)) as [string[], Record<string, string>];
  }

  it('#19 #22 #28 reach a replica as the variables and arguments that they are, whatever is in them', async () => {
    const storable = payloads(canary).map((one) => one.replaceAll('\0', '').toWellFormed());
    const texts = fc.sample(storable, { seed, numRuns: count });
    for (let at = 0; at < texts.length; at += together) {
      const part = texts.slice(at, at + together);
      const variables = Object.fromEntries(part.map((one, n) => [`TEXT_${n}`, one]));
      const [args, environment] = await given(variables, part);
      expect(args).to.deep.equal(part);
      for (const [name, one] of Object.entries(variables)) expect(environment[name], name).to.equal(one);
    }
    expect(existsSync(canary), 'a text was obeyed').to.equal(false);
  });

  it('#22 name no variable that a shell would read as more than a name', async () => {
    const names = fc.sample(
      payloads(canary).map((one) => one.replaceAll('\0', '').slice(0, 200)),
      { seed, numRuns: 500 },
    );
    const [, environment] = await given({ ...Object.fromEntries(names.map((name) => [name, 'x'])), LAST: 'x' }, []);
    expect(environment['LAST']).to.equal('x');
    expect(Object.keys(environment).filter((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))).to.deep.equal([]);
    expect(existsSync(canary)).to.equal(false);
  });

  it('#74 steer no terminal: nothing is left but text, colours where they are wanted, and one line', () => {
    const pieces = fc.constantFrom(
      '\x1b',
      '[',
      ']',
      '0;',
      '?25',
      'm',
      'H',
      '\x07',
      '\x9b',
      '\x9d',
      '\n',
      '\r',
      'x',
      '\u202e',
      '\x1b[31m',
      '\x1b\\',
      '\x90',
    );
    const steering = fc.oneof(
      payloads(canary),
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(steering, (one) => {
        expect(terminalLine(one)).to.match(/^[^\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$/);
        const coloured = terminalLine(one, { colours: true }).replaceAll(/\u001b\[[0-9;:]*m/g, '');
        expect(coloured).to.match(/^[^\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$/);
      }),
      { seed, numRuns: full ? 100_000 : 3000 },
    );
    expect(terminalLine('\x1b]0;title\x07ready \x1b[31mred\x1b[0m\x1b]8;;http://a\x1b\\link')).to.equal(
      'ready redlink',
    );
    expect(terminalLine('\x1b[31mred\x1b[0m', { colours: true })).to.equal('\x1b[31mred\x1b[0m');
  });
});
