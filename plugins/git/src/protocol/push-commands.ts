import { ContainrError } from '@containr/sdk';
import { PacketReader } from './pkt-line.ts';

/** What a push wants of one ref. */
export interface PushCommand {
  readonly ref: string;
  /** `null`: the ref is new. */
  readonly before: string | null;
  /** `null`: the ref is deleted. */
  readonly after: string | null;
}

/** What stands before the pack of a push. */
export interface PushHead {
  readonly commands: readonly PushCommand[];
  readonly capabilities: ReadonlySet<string>;
  /** All bytes read so far, to be handed on. */
  readonly bytes: Buffer;
}

const nothing = /^0+$/;
const largest = 16 * 1024 * 1024;

function commandOf(line: string): PushCommand | null {
  const match = /^([0-9a-f]{40}) ([0-9a-f]{40}) (\S.*)$/.exec(line);
  const [, before, after, ref] = match ?? [];
  if (before === undefined || after === undefined || ref === undefined) return null;
  return { ref, before: nothing.test(before) ? null : before, after: nothing.test(after) ? null : after };
}

/** Reads the commands of a push from the start of its body, and leaves the iterator at what follows. Throws `PUSH_INVALID`. */
export async function readPushHead(body: AsyncIterator<Uint8Array>): Promise<PushHead> {
  const reader = new PacketReader();
  const commands: PushCommand[] = [];
  const read: Uint8Array[] = [];
  let capabilities: ReadonlySet<string> = new Set();
  let size = 0;
  for (;;) {
    const next = await body.next();
    if (next.done) return { commands, capabilities, bytes: Buffer.concat(read) };
    const { value } = next;
    read.push(value);
    size += value.byteLength;
    if (size > largest) throw invalidPush('names too many refs', 'Push fewer refs at once.');
    for (const { content } of packets(reader, value)) {
      if (content === null) return { commands, capabilities, bytes: Buffer.concat(read) };
      const [line = '', offered] = content.toString('utf8').replace(/\n$/, '').split('\0');
      if (offered !== undefined) capabilities = new Set(offered.trim().split(' '));
      const command = commandOf(line);
      if (command) commands.push(command);
    }
  }
}

function packets(reader: PacketReader, chunk: Uint8Array): ReturnType<PacketReader['push']> {
  try {
    return reader.push(chunk, 'flush');
  } catch {
    throw invalidPush('does not begin as Git pushes do', 'Push with a Git client.');
  }
}

function invalidPush(what: string, hint: string): ContainrError {
  return new ContainrError({ code: 'PUSH_INVALID', status: 400, detail: `The push ${what}.`, hint });
}
