import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { ContainrError } from '../errors.ts';

/** Where several processes can listen at one port, each with connections of its own (SO_REUSEPORT with balancing). */
const canShare = process.platform === 'linux';

async function probe(port: number, host: string): Promise<void> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

/** Whether nobody listens at an address: a port that is shared counts as taken. */
export async function isFree({ port, host }: { readonly port: number; readonly host: string }): Promise<boolean> {
  return probe(port, host).then(
    () => true,
    () => false,
  );
}

/** What a port in use is answered with. */
export function portInUse(port: number, host: string, cause?: unknown): ContainrError {
  return new ContainrError({
    code: 'PORT_IN_USE',
    status: 409,
    detail: `Port ${port} on ${host} is used by another program.`,
    hint: 'End that program, or choose another port for applications with --ingress-port.',
    cause,
  });
}

/**
 * Listens on an address. Another ingress of this install may listen there too, so that one takes over from the other without a
 * gap; somebody else may not, unless `isShared` says that it is known who does. Throws `PORT_IN_USE` or `PORT_FORBIDDEN`.
 */
export async function listenOn(server: Server, port: number, host: string, isShared = false): Promise<void> {
  try {
    if (!isShared && port !== 0) await probe(port, host);
    server.listen({ port, host, backlog: 2048, reusePort: canShare });
    await once(server, 'listening');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EADDRINUSE') throw portInUse(port, host, cause);
    if (code === 'EACCES') {
      throw new ContainrError({
        code: 'PORT_FORBIDDEN',
        status: 403,
        detail: `This user may not listen on port ${port}.`,
        hint: 'Choose a port from 1024 up with --ingress-port, or run as root.',
        cause,
      });
    }
    throw new ContainrError({
      code: 'ADDRESS_INVALID',
      status: 422,
      detail: `The ingress can't listen on ${host}:${port}: ${String(code)}.`,
      hint: 'Choose an address of this machine with --host.',
      cause,
    });
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
}

/** Listens on a Unix socket of mode 0600, in place of one that nobody answers. Throws `ROUTER_RUNNING`. */
export async function listenAt(server: Server, path: string): Promise<void> {
  if (await answers(path)) {
    throw new ContainrError({
      code: 'ROUTER_RUNNING',
      status: 409,
      detail: `Another ingress answers at ${path}.`,
      hint: 'Use that one, or end it first.',
    });
  }
  await rm(path, { force: true });
  const before = process.umask(0o177);
  try {
    server.listen(path);
    await once(server, 'listening');
  } finally {
    process.umask(before);
  }
  await chmod(path, 0o600);
}
