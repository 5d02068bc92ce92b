import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { ContextFile } from './context-files.ts';
import { packetType } from './messages.ts';
import type { Packet } from './messages.ts';

const chunkBytes = 32 * 1024;

/** Answers one file transfer: all entries first, then the contents that the builder asks for. */
export async function serveFiles(
  call: ServerDuplexStream<Packet, Packet>,
  files: AsyncIterable<ContextFile> | Iterable<ContextFile>,
): Promise<void> {
  const sent: ContextFile[] = [];
  let answering = Promise.resolve();
  const { promise: finished, resolve: finish, reject: fail } = Promise.withResolvers<void>();
  finished.catch(() => undefined);
  call.on('data', (packet: Packet) => {
    if (packet.type === packetType.request)
      answering = answering.then(() => sendContent(call, sent, packet.ID ?? 0)).catch(fail);
    if (packet.type === packetType.finish)
      answering = answering.then(() => write(call, { type: packetType.finish })).then(finish, fail);
    if (packet.type === packetType.error) fail(new Error(Buffer.from(packet.data ?? []).toString()));
  });
  call.on('error', fail);
  call.on('cancelled', () => fail(new Error('The transfer was cancelled')));
  for await (const file of files) {
    if (call.cancelled) return;
    sent.push(file);
    await write(call, { type: packetType.stat, stat: file.stat });
  }
  await write(call, { type: packetType.stat });
  await finished;
  call.end();
}

async function sendContent(
  call: ServerDuplexStream<Packet, Packet>,
  sent: readonly ContextFile[],
  id: number,
): Promise<void> {
  const bytes = (await sent[id]?.content?.()) ?? Buffer.alloc(0);
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    await write(call, { type: packetType.data, ID: id, data: bytes.subarray(start, start + chunkBytes) });
  }
  await write(call, { type: packetType.data, ID: id });
}

function write(call: ServerDuplexStream<Packet, Packet>, packet: Packet): Promise<void> | void {
  if (call.write(packet) || call.cancelled) return;
  return new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done);
      call.off('cancelled', done);
      resolve();
    };
    call.on('drain', done);
    call.on('cancelled', done);
  });
}
