import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An agent in a process of its own. */
export interface TestAgent {
  readonly pid: number;
  /** Folder of the agent. */
  readonly data: string;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Kills it, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again, as the same node. */
  restart(): Promise<void>;
}

/** How an agent is started. */
export interface AgentOptions {
  readonly origin: string;
  /** The agent's folder is in it. */
  readonly data: string;
  readonly token: string;
  /** Of the node; its folder is named after it when there are several. */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Modules that are loaded before the agent, by path: what watches it from inside. */
  readonly imports?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** Everything that it says is appended there. */
  readonly logFile?: string;
}

/** Starts an agent from source; it enrols with the token the first time. */
export async function spawnAgent(options: AgentOptions): Promise<TestAgent> {
  const { name = 'test', labels = {} } = options;
  const data = join(options.data, name === 'test' ? 'agent' : `agent-${name}`);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const tokenFile = join(data, 'token');
  await writeFile(tokenFile, options.token, { mode: 0o600 });
  const program = fileURLToPath(import.meta.resolve('@containr/agent/main'));
  const argv = [
    '--conditions=containr-src',
    '--disable-warning=ExperimentalWarning',
    ...(options.imports ?? []).flatMap((one) => ['--import', one]),
    program,
    '--control',
    options.origin,
    '--data',
    data,
    '--name',
    name,
    '--token-file',
    tokenFile,
    ...(options.logFile === undefined ? [] : ['--log-level', 'debug']),
    ...Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
  ];
  const log = options.logFile === undefined ? 'ignore' : openSync(options.logFile, 'a', 0o600);
  const start = () =>
    spawn(process.execPath, argv, {
      env: { ...process.env, ...options.variables },
      stdio: ['ignore', log, process.env['CONTAINR_TEST_LOG'] ? 'inherit' : log, 'ipc'],
    });
  let child = start();

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
  }

  return {
    get pid() {
      return child.pid ?? 0;
    },
    data,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGKILL');
      child = start();
    },
  };
}
