import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import { readJson } from './json-file.ts';

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
  /** SHA-256 of the control plane's public key; work is taken from nobody else then. */
  readonly pin?: string;
  /** Labels of the node when it is new. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

const usage =
  'node main.js --data DIR [--control URL] [--name NAME] [--token-file FILE] [--address HOST] [--label KEY=VALUE] [--log-level LEVEL]';
const Joined = defineSchema({
  type: 'object',
  properties: { control: { type: 'string' }, pin: { type: 'string', pattern: '^[0-9a-f]{64}$' } },
  required: ['control', 'pin'],
  additionalProperties: false,
});
const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** Reads the command line. Throws `AGENT_OPTIONS` that says what is wrong. */
export function readOptions(argv: readonly string[]): AgentOptions {
  const { data, name, address, label = [], 'log-level': level = 'info', ...given } = parse(argv);
  const logLevel = levels.find((one) => one === level);
  if (data === undefined) throw wrong('--data is needed.');
  const joined = readJoined(data);
  const control = given.control ?? joined?.control;
  const tokenFile = given['token-file'] ?? (joined ? join(data, 'token') : undefined);
  if (control === undefined) throw wrong('--control is needed in a folder that has not joined an install.');
  if (!URL.canParse(control)) throw wrong(`"${control}" is not an address.`);
  if (!logLevel) throw wrong(`"${level}" is none of ${levels.join(', ')}.`);
  return {
    control: new URL(control).origin,
    data: resolve(data),
    name: name ?? hostname(),
    token: () => readToken(tokenFile),
    logLevel,
    labels: Object.fromEntries(label.map(readLabel)),
    ...(address === undefined ? {} : { address }),
    ...(joined && given.control === undefined ? { pin: joined.pin } : {}),
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        control: text,
        data: text,
        name: text,
        address: text,
        label: { ...text, multiple: true },
        'token-file': text,
        'log-level': text,
      },
    }).values;
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : String(cause));
  }
}

/** Whom the folder joined, as `containr node join` wrote it down. */
function readJoined(folder: string): Infer<typeof Joined> | null {
  return readJson<Infer<typeof Joined>>(join(folder, 'join.json'), Joined);
}

function readLabel(text: string): [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) throw wrong(`"${text}" is no label.`);
  return [key, value];
}

async function readToken(file: string | undefined): Promise<string | null> {
  if (file === undefined) return null;
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim() || null;
}

function wrong(detail: string): ContainrError {
  return new ContainrError({ code: 'AGENT_OPTIONS', status: 422, detail, hint: usage });
}
