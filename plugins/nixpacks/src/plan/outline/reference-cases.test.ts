import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const program = fileURLToPath(new URL('../../../../../sdk/cli/bin/containr.mjs', import.meta.url));
const cases = process.env['CONTAINR_REFERENCE_CASES'];

/** Of the cases of each reference, how many agree at least; docs/reference/plan-differences.md names the others. */
const floors = [
  { reference: 'railpack', like: 'railpack', least: 56 },
  { reference: 'nixpacks', like: 'nixpacks', least: 60 },
] as const;

describe('the references’ own cases', function () {
  this.timeout(600_000);
  if (cases === undefined) {
    console.log('  The references’ own plans are not compared: CONTAINR_REFERENCE_CASES names no folder.');
    return;
  }
  for (const { reference, like, least } of floors) {
    it(`agrees with ${reference} on ${least} cases at least`, async () => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          ...[join(cases, 'compare-plans.mjs'), join(cases, `${reference}-cases-open.jsonl`), '--'],
          ...[process.execPath, '--conditions=containr-src', '--disable-warning=ExperimentalWarning', program],
          ...['plan', '--json', '--like', like, 'DIR'],
        ],
        { timeout: 590_000, maxBuffer: 1 << 26 },
      );
      const agreed = Number(/^agree (\d+)\//m.exec(stdout)?.[1] ?? 0);
      expect(agreed, stdout).to.be.at.least(least);
    });
  }
});
