import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, lstat, mkdir, rm } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { ContainrError } from '@containr/sdk';
import { Passwords } from '@containr/sdk/ingress';
import type { Paths } from './paths.ts';

/** Longest question: an Authorization header of 32 KiB in base64, and the door. */
const mostBytes = 48 * 1024;
const patienceMs = 10_000;

type Users = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The key that HAProxy finds a right name and password by: SHA-256 of the header and the door. */
function passOf(authorization: string, door: string): string {
  return createHash('sha256').update(`${authorization}${door}`).digest('hex').toUpperCase();
}

/** Whoever may write in the folder of temporary files could have made it before. */
async function refuseForeign(folder: string): Promise<void> {
  const { uid, mode } = await lstat(folder);
  if (uid === process.geteuid?.() && (mode & 0o022) === 0) return;
  throw new ContainrError({
    code: 'INGRESS_FOLDER_UNSAFE',
    status: 500,
    detail: `${folder} belongs to somebody else or is open to others.`,
    hint: 'Remove that folder; it is made again.',
  });
}

/** Tells HAProxy who may pass. Its questions are lines `<door> <Authorization in base64>`, the answers `passed`, `refused` or `busy`. */
export class Door {
  readonly #paths: Paths;
  readonly #remember: (pass: string) => Promise<void>;
  readonly #passwords = new Passwords();
  #users: Users = new Map();
  #server: Server | undefined;

  constructor(paths: Paths, remember: (pass: string) => Promise<void>) {
    this.#paths = paths;
    this.#remember = remember;
  }

  /** Knows these from now on. */
  follow(users: Users): void {
    this.#users = users;
  }

  /** Opens the socket, for a user of HAProxy's own where it has one. */
  async open(uid: number | null): Promise<void> {
    const { entrance, door } = this.#paths;
    await mkdir(entrance, { recursive: true, mode: 0o700 });
    await refuseForeign(entrance);
    await chmod(entrance, uid === null ? 0o700 : 0o711);
    await rm(door, { force: true });
    const server = createServer((socket) => this.#serve(socket));
    server.listen(door);
    await once(server, 'listening');
    await chmod(door, 0o600);
    if (uid !== null) await chown(door, uid, 0);
    this.#server = server;
  }

  /** Closes it: its path is for the next one, which may come before this one's last request has ended. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    let text = '';
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      if (text.length > mostBytes) return void socket.destroy();
      if (!text.endsWith('\n')) return;
      void this.#answer(text.trim()).then((answer) => socket.end(`${answer}\n`));
    });
  }

  async #answer(question: string): Promise<string> {
    const [door = '', encoded = ''] = question.split(' ');
    const authorization = Buffer.from(encoded, 'base64').toString('latin1');
    const users = this.#users.get(door);
    if (!users) return 'refused';
    const passage = await this.#passwords.check(authorization, users);
    // Not waited for: whoever comes before it is remembered is asked about once more.
    if (passage === 'passed') await this.#remember(passOf(authorization, door)).catch(() => undefined);
    return passage;
  }
}
