import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const program = fileURLToPath(new URL('main.mjs', import.meta.url));
/** How much of the soak a test run does: 1 is a minute or so, `npm run soak` all of it. */
const share = Number(process.env['CONTAINR_SOAK'] ?? 1);

/** Runs a part in a process of its own; gives what it printed, and its exit code. */
async function soak(...args: readonly string[]): Promise<{ printed: string; code: unknown }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { printed: out + err, code: await closed };
}

describe('a plugin that leaves', function () {
  this.timeout(300_000 * share);

  it('leaves nothing behind, whatever was turned on, off, replaced and crashed before', async () => {
    const { printed, code } = await soak('sequences', '--runs', String(40 * share), '--seconds', String(45 * share));
    expect(code, printed).to.equal(0);
    expect(printed).to.match(/[1-9]\d* sequences with \d+ operations left nothing behind/);
  });

  it('is noticed by no request to those that stay, one operation each 200 ms', async () => {
    const { printed, code } = await soak('load', '--seconds', String(60 * share));
    expect(code, printed).to.equal(0);
    expect(printed).to.match(
      /[1-9]\d* operations \(.*\) while [1-9]\d* requests were answered, 0 failed; [1-9]\d* deployments; nothing was left/,
    );
  });

  it('leaves the heap flat, however often it goes and comes', async () => {
    const { printed, code } = await soak('toggles', '--times', String(20 * share));
    expect(code, printed).to.equal(0);
    expect(printed).to.match(/[1-9]\d* plugins were off and on \d+ times; nothing was left behind/);
  });
});
