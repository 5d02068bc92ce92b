import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

const UserFile = defineSchema({ type: 'object', additionalProperties: { type: 'integer' } });

// Above what systemd and distributions give to people and services, below what they give to containers.
const lowest = 70_000;
const blockSize = 4_000;
const blocks = 100;

/** Gives each service, and each service's builds, a user id of its own on this node, for ever. */
export class Users {
  readonly #file: string;
  readonly #first: number;
  #known: Infer<typeof UserFile>;

  /** Installs on one machine start in different blocks. */
  constructor(file: string, install: string) {
    this.#file = file;
    const block = createHash('sha256').update(`${install} ${file}`).digest().readUInt32BE() % blocks;
    this.#first = lowest + block * blockSize;
    this.#known = readUsers(file);
  }

  /** The user id of `key`; a new one the first time. */
  of(key: string): number {
    const known = this.#known[key];
    if (known !== undefined) return known;
    const taken = new Set(Object.values(this.#known));
    let uid = this.#first;
    while (taken.has(uid)) uid += 1;
    this.#known = { ...this.#known, [key]: uid };
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#known), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
    return uid;
  }
}

function readUsers(file: string): Infer<typeof UserFile> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  return validate(UserFile, JSON.parse(text), `The file ${file}`);
}
