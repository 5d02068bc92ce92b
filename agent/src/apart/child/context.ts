import { Readable } from 'node:stream';
import type { Capability, Logger, Owned } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { AgentContext, TaskIo } from '@containr/sdk/agent';
import { validate } from '@containr/sdk/validate';
import type { Peer } from '@containr/cell/channel';
import type { Boot, Run } from '../protocol.ts';
import { Lines } from './lines.ts';
import type { Registered } from './registered.ts';

/** Composes the context of an agent half in a process of its own: whatever leaves it goes over the channel. */
export function contextOf(boot: Boot, registered: Registered, peer: () => Peer, signal: AbortSignal): AgentContext {
  const { plugin, node, install, directory } = boot;
  return {
    plugin,
    node,
    install,
    directory,
    signal,
    log: logOf(peer),
    exec: async () => {
      throw refused('EXEC_ISOLATED', 'The agent half of an isolated plugin starts no programs.');
    },
    program: () => {
      throw refused('EXEC_ISOLATED', 'The agent half of an isolated plugin starts no programs, and so is sent none.');
    },
    capability: (capability, handler) => capabilityOf(capability, handler, registered, peer),
    async report(report, payload, options) {
      validate(report.payload, payload, `The report ${report.name}`);
      const until = options?.signal ? AbortSignal.any([signal, options.signal]) : signal;
      await peer().call('report', { name: report.name, payload }, until);
    },
    onConnect: (handler) => registered.add('connect', 'on connect', {}, () => handler()),
    async fetch(path, until) {
      const { body } = (await peer().call('fetch', { path }, AbortSignal.any([signal, until]))) as { body: number };
      return Readable.from(pieces(peer(), body, until), { objectMode: false });
    },
    // The agent would read and write them with its own rights.
    sendFile: async () => {
      throw refused('FILES_ISOLATED', 'The agent half of an isolated plugin sends no files.');
    },
    fetchFile: async () => {
      throw refused('FILES_ISOLATED', 'The agent half of an isolated plugin has no files fetched.');
    },
    own: (label, undo) => registered.own(label, undo),
  };
}

function capabilityOf<I, O>(
  capability: Capability<I, O>,
  handler: (input: I, io: TaskIo) => Promise<O>,
  registered: Registered,
  peer: () => Peer,
): Owned {
  const { name, timeoutMs } = capability;
  return registered.add('capability', `capability ${name}`, { name, timeoutMs }, (data) => {
    const { input, task, run } = data as Run;
    return registered.during(run, async (signal) => {
      const lines = new Lines(run, (output) => peer().notify('output', output));
      const io: TaskIo = { signal, task, output: (text, stream = 'stdout') => lines.write(text, stream) };
      try {
        const output = await handler(validate<I>(capability.input, input, `The input of ${name}`), io);
        return { output: validate<O>(capability.output, output, `The result of ${name}`) };
      } finally {
        lines.flush();
      }
    });
  });
}

async function* pieces(peer: Peer, body: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = await peer.call('body.next', { body }, signal);
    if (!(piece instanceof Uint8Array)) return;
    yield piece;
  }
}

function logOf(peer: () => Peer): Logger {
  const write = (level: string) => (fields: Record<string, unknown>, message: string) => {
    const plain = Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        key,
        value instanceof Error ? { type: value.name, message: value.message, stack: value.stack } : value,
      ]),
    );
    peer().notify('log', { level, fields: plain, message: message.slice(0, 4000) });
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function refused(code: string, detail: string): ContainrError {
  return new ContainrError({ code, status: 403, detail, hint: 'Only the half of a trusted plugin may do this.' });
}
