import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ContainrError } from '@containr/sdk';

/** How an agent is started. */
export interface AgentOptions {
  /** Address of the control plane, `http://host:port`. */
  readonly control: string;
  /** Folder of the agent, absolute; made 0700. */
  readonly data: string;
  /** Name of the node, for people. */
  readonly name: string;
  /** Gives the one-time enrolment token, or `null` when there is none. */
  readonly token: () => Promise<string | null>;
  /** Address at which other nodes reach this one; worked out from the way to the control plane when left out. */
  readonly address?: string;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

const usage =
  'node main.js --control URL --data DIR [--name NAME] [--token-file FILE] [--address HOST] [--log-level LEVEL]';
const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** Reads the command line. Throws `AGENT_OPTIONS` that says what is wrong. */
export function readOptions(argv: readonly string[]): AgentOptions {
  const { control, data, name, address, 'token-file': tokenFile, 'log-level': level = 'info' } = parse(argv);
  const logLevel = levels.find((one) => one === level);
  if (control === undefined || data === undefined) throw wrong('--control and --data are needed.');
  if (!URL.canParse(control)) throw wrong(`"${control}" is not an address.`);
  if (!logLevel) throw wrong(`"${level}" is none of ${levels.join(', ')}.`);
  return {
    control: new URL(control).origin,
    data: resolve(data),
    name: name ?? hostname(),
    token: () => readToken(tokenFile),
    logLevel,
    ...(address === undefined ? {} : { address }),
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: { control: text, data: text, name: text, address: text, 'token-file': text, 'log-level': text },
    }).values;
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : String(cause));
  }
}

async function readToken(file: string | undefined): Promise<string | null> {
  if (file === undefined) return null;
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim() || null;
}

function wrong(detail: string): ContainrError {
  return new ContainrError({ code: 'AGENT_OPTIONS', status: 422, detail, hint: usage });
}
