import { createHash, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { passwordCost } from './password-hash.ts';

const derive = promisify<string, Buffer, number, { N: number }, Buffer>(scrypt);

/** Checks that may wait at a time: what guesses cost must not hold up who is let through already. */
const mostWaiting = 64;
const mostRemembered = 1000;

/** What a check of credentials found. */
export type Passage = 'passed' | 'refused' | 'busy';

/** Checks HTTP Basic credentials, and remembers what was right, so that only a first request costs a hash. */
export class Passwords {
  readonly #right = new Set<string>();
  #waiting = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /** Answers at once for credentials that are known to be right, missing or of an unknown name. */
  check(authorization: string | undefined, users: ReadonlyMap<string, string>): Passage | Promise<Passage> {
    const text = /^basic\s+([a-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
    if (text === undefined) return 'refused';
    const credentials = Buffer.from(text, 'base64').toString('utf8');
    const at = credentials.indexOf(':');
    const hash = at < 0 ? undefined : users.get(credentials.slice(0, at));
    if (hash === undefined) return 'refused';
    const known = createHash('sha256').update(`${credentials}\0${hash}`).digest('base64');
    if (this.#right.has(known)) return 'passed';
    if (this.#waiting >= mostWaiting) return 'busy';
    this.#waiting++;
    // One after another: guessing takes one thread, never all of them.
    const answer = this.#turn.then(() => matches(credentials.slice(at + 1), hash));
    this.#turn = answer.catch(() => undefined);
    return answer
      .then((right): Passage => {
        if (!right) return 'refused';
        if (this.#right.size >= mostRemembered) this.#right.clear();
        this.#right.add(known);
        return 'passed';
      })
      .finally(() => this.#waiting--);
  }
}

async function matches(password: string, hash: string): Promise<boolean> {
  const [kind, salt, wanted] = hash.split('$');
  if (kind !== 'scrypt' || salt === undefined || wanted === undefined) return false;
  const expected = Buffer.from(wanted, 'base64');
  const derived = await derive(password, Buffer.from(salt, 'base64'), expected.length, { N: passwordCost });
  return expected.length > 0 && timingSafeEqual(expected, derived);
}
