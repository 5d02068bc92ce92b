import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer, TestPlatform } from '@containr/testing';
import { packPlugin, until } from '@containr/testing';

const versions = ['1.0.0', '1.1.0'] as const;
const broken = '2.0.0';
const words = ['hello', 'servus'] as const;

/** A plugin that was installed at runtime: several versions, isolated until it is trusted, and a setting that it does not follow. */
export class Guest {
  readonly name: string;
  readonly #test: TestPlatform;
  #version: (typeof versions)[number] = '1.0.0';
  #trust: 'isolated' | 'trusted' = 'isolated';
  #word: (typeof words)[number] = 'hello';

  private constructor(test: TestPlatform, name: string) {
    this.#test = test;
    this.name = name;
  }

  /** Installs the good versions and one whose set-up throws, and turns the first one on, isolated. */
  static async install(test: TestPlatform, name: string): Promise<Guest> {
    for (const version of [...versions, broken]) {
      const body = await packPlugin({
        name,
        version,
        setup: `ctx.http.route({ method: 'GET', path: '/${name}', public: true, summary: 'Says its version', response: {},
            handler: async () => ({ version: '${version}', word: ctx.settings.current.word }) });
          ctx.repeat('tick', 1000, async () => undefined);
          ${version === broken ? `throw new Error('this version was made to fail');` : ''}`,
        settings: { word: { type: 'string', default: words[0] } },
      });
      const headers = { 'content-type': 'application/gzip' };
      must(await test.console('/plugins', { method: 'POST', body, headers }), 201);
    }
    const guest = new Guest(test, name);
    must(await test.console(`/plugins/${name}/enable`, { method: 'POST' }), 200);
    return guest;
  }

  /** Whether its code runs in a process of its own. */
  get isIsolated(): boolean {
    return this.#trust === 'isolated';
  }

  /** Has the other good version serve, or `to`. */
  async upgrade(to = other(versions, this.#version)): Promise<void> {
    must(await this.#verb('upgrade', { version: to }), 200);
    this.#version = to;
  }

  /** Tries the version whose set-up throws, which is refused. The plugin is on. */
  async upgradeToBroken(): Promise<void> {
    must(await this.#verb('upgrade', { version: broken }), 409);
  }

  /** Lets it into the control plane, or puts it apart again. */
  async changeTrust(to: 'isolated' | 'trusted' = this.isIsolated ? 'trusted' : 'isolated'): Promise<void> {
    must(await this.#verb('trust', { trust: to }), 200);
    this.#trust = to;
  }

  /** Changes its setting, for which it is set up anew when it is on. */
  async configure(word = other(words, this.#word)): Promise<void> {
    must(await this.#test.console(`/settings/${this.name}`, { method: 'PATCH', body: { word } }), 200);
    this.#word = word;
  }

  /** Kills its process, and waits until it is back; `false` when it is to stay off because that happened too often. */
  async kill(): Promise<boolean> {
    const killed = new Set(await this.#processes());
    for (const pid of killed) end(pid);
    const state = await until(`${this.name} is back or off`, async () => {
      const now = this.#test.platform.lifecycle.state(this.name);
      if (now === 'failed') return now;
      const born = (await this.#processes()).filter((pid) => !killed.has(pid));
      return now === 'active' && born.length > 0 && (await this.answers()) ? now : null;
    });
    return state === 'active';
  }

  /** As it was after its installation. It is on, or off and about to be turned on. */
  async restore(): Promise<void> {
    if (this.#version !== '1.0.0') await this.upgrade('1.0.0');
    if (!this.isIsolated) await this.changeTrust('isolated');
    if (this.#word !== words[0]) await this.configure(words[0]);
  }

  /** Whether the chosen version answers with the chosen setting. */
  async answers(): Promise<boolean> {
    const { json } = await this.#test.request(`/api/v1/${this.name}`);
    return JSON.stringify(json) === JSON.stringify({ version: this.#version, word: this.#word });
  }

  #verb(verb: string, body: unknown): Promise<Answer> {
    return this.#test.console(`/plugins/${this.name}/${verb}`, { method: 'POST', body });
  }

  /** Processes whose command line names a folder of its packages. */
  async #processes(): Promise<number[]> {
    const folder = join(this.#test.data, 'packages', this.name);
    const found = await Promise.all(
      (await readdir('/proc'))
        .filter((id) => /^\d+$/.test(id) && Number(id) !== process.pid)
        .map(async (id) => {
          const line = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
          return line.includes(`${folder}/`) ? [Number(id)] : [];
        }),
    );
    return found.flat();
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went with its parent.
  }
}

function other<T>([first, second]: readonly [T, T], than: T): T {
  return than === first ? second : first;
}

function must(answer: Answer, status: number): void {
  if (answer.status !== status) throw new Error(`It should have answered ${status}: ${answer.status} ${answer.text}`);
}
