import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateSet, HostCertificate } from '@containr/sdk/contracts';
import { isContainrError } from '@containr/sdk';
import type { Paths } from './paths.ts';
import type { RuntimeApi } from './runtime-api.ts';
import { writeWhole } from './write-whole.ts';

/** Longest PEM text that one command takes; a longer one is read from its file by a new process. */
const mostBytes = 30_000;

function pemOf({ chain, key }: HostCertificate): string {
  return `${key}\n${chain}\n`
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** Certificates by host in HAProxy's memory, changed without a reload, and in files that it starts from. */
export class Certificates {
  readonly #paths: Paths;
  /** PEM text by host, of what the process has. */
  #known = new Map<string, string>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  #file(host: string): string {
    return join(this.#paths.certificates, `${createHash('sha256').update(host).digest('hex').slice(0, 32)}.pem`);
  }

  /** Writes the files of a set; those of others go. */
  async save(set: CertificateSet): Promise<void> {
    await mkdir(this.#paths.certificates, { recursive: true, mode: 0o700 });
    for (const certificate of set.certificates)
      if (this.#known.get(certificate.host) !== pemOf(certificate))
        await writeWhole(this.#file(certificate.host), `${pemOf(certificate)}\n`);
    await writeWhole(this.#paths.list, set.certificates.map(({ host }) => `${this.#file(host)} ${host}\n`).join(''));
    const wanted = new Set(set.certificates.map(({ host }) => this.#file(host)));
    for (const name of await readdir(this.#paths.certificates)) {
      const path = join(this.#paths.certificates, name);
      if (!wanted.has(path)) await rm(path, { force: true });
    }
  }

  /** Takes it that a process has read the files of a set. */
  startedFrom(set: CertificateSet): void {
    this.#known = new Map(set.certificates.map((certificate) => [certificate.host, pemOf(certificate)]));
  }

  /** Whether a set can be given to a process that runs. */
  fits(set: CertificateSet): boolean {
    return set.certificates.every(
      (certificate) =>
        this.#known.get(certificate.host) === pemOf(certificate) || Buffer.byteLength(pemOf(certificate)) < mostBytes,
    );
  }

  /** Answers new connections by a set. Resolves with the hosts whose certificate HAProxy could not read. */
  async follow(api: RuntimeApi, set: CertificateSet): Promise<readonly string[]> {
    const failed: string[] = [];
    for (const certificate of set.certificates) {
      try {
        await this.#put(api, certificate);
      } catch (error) {
        if (!isContainrError(error) || error.code !== 'HAPROXY_REFUSED') throw error;
        await api.ask(`abort ssl cert ${this.#file(certificate.host)}`);
        failed.push(certificate.host);
      }
    }
    const wanted = new Set(set.certificates.map(({ host }) => host));
    for (const host of [...this.#known.keys()].filter((name) => !wanted.has(name))) {
      await api.must(`del ssl crt-list ${this.#paths.list} ${this.#file(host)}`, undefined, /deleted/);
      await api.must(`del ssl cert ${this.#file(host)}`, undefined, /deleted/);
      this.#known.delete(host);
    }
    return failed;
  }

  async #put(api: RuntimeApi, certificate: HostCertificate): Promise<void> {
    const { host } = certificate;
    const [file, pem] = [this.#file(host), pemOf(certificate)];
    const before = this.#known.get(host);
    if (before === pem) return;
    // One that is read for the first time may have been left half made by an earlier try.
    if (before === undefined) await api.ask(`new ssl cert ${file}`);
    await api.must(`set ssl cert ${file}`, pem.split('\n'), /Transaction (created|updated)/);
    await api.must(`commit ssl cert ${file}`, undefined, /Success!/);
    if (before === undefined) await api.must(`add ssl crt-list ${this.#paths.list}`, [`${file} ${host}`], /Success!/);
    this.#known.set(host, pem);
  }
}
