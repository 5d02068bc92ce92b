import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { it } from 'mocha';
import { answerOf, eventually, specFor } from './subject.ts';
import type { RuntimeSubject } from './subject.ts';

/** What every runtime must do with commands that run inside a replica. */
export function defineCommandsInside(node: () => RuntimeSubject): void {
  async function running(variables: Readonly<Record<string, string>> = {}): Promise<string> {
    const { runtime, artifact } = node();
    const state = await runtime.start(specFor(artifact, variables));
    await answerOf(state);
    return state.replica;
  }

  it('run with its variables, PORT and files, and give their exit code and lines', async () => {
    const { runtime } = node();
    const variables = { SECRET: `it's "this"` };
    const replica = await running(variables);
    const texts: string[] = [];
    const command = 'echo "$SECRET"; test -n "$PORT" && ls app.cjs; echo oops >&2; exit 4';
    const output = (text: string, stream = 'stdout'): void => void texts.push(`${stream} ${text}`);
    const signal = new AbortController().signal;
    expect(await runtime.exec({ replica, command, variables }, { signal, output })).to.deep.equal({ exitCode: 4 });
    expect(texts.sort()).to.deep.equal(['stderr oops', `stdout it's "this"`, 'stdout app.cjs'].sort());
  });

  it('reach what the replica listens on', async () => {
    const { runtime } = node();
    const replica = await running();
    const script = `fetch('http://127.0.0.1:' + process.env.PORT).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(2))`;
    const io = { signal: new AbortController().signal, output: () => undefined };
    expect(await runtime.exec({ replica, command: ['node', '-e', script], variables: {} }, io)).to.deep.equal({
      exitCode: 0,
    });
  });

  it('end when they are aborted, and the replica goes on', async () => {
    const { runtime } = node();
    const replica = await running();
    const abort = new AbortController();
    const texts: string[] = [];
    const io = { signal: abort.signal, output: (text: string) => void texts.push(text) };
    const marker = String(30_000 + Math.floor(Math.random() * 10_000));
    const run = runtime
      .exec({ replica, command: `echo begun; sleep ${marker} & sleep ${marker}`, variables: {} }, io)
      .then(
        () => 'ended',
        () => 'aborted',
      );
    await eventually('its first line', () => texts.includes('begun'));
    abort.abort();
    expect(await run).to.equal('aborted');
    const quiet = { signal: new AbortController().signal, output: () => undefined };
    const look = `for p in /proc/[0-9]*/cmdline; do if tr '\\\\0' ' ' < $p 2>/dev/null | grep -q "^sleep ${marker}"; then exit 1; fi; done`;
    await eventually('their end', async () => {
      const { exitCode } = await runtime.exec({ replica, command: look, variables: {} }, quiet);
      return exitCode === 0;
    });
    expect((await runtime.list()).find((state) => state.replica === replica)).to.include({
      state: 'running',
      restarts: 0,
    });
  });

  it('are refused where nothing runs', async () => {
    const io = { signal: new AbortController().signal, output: () => undefined };
    const refused = node().runtime.exec({ replica: randomUUID(), command: 'true', variables: {} }, io);
    expect(await refused.catch((error: unknown) => error)).to.include({ code: 'CONFLICT_NOT_RUNNING' });
  });
}
