import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import { usualDataFolder, validate } from '@containr/sdk/host';
import { meetControlPlane, readJoinToken } from '@containr/sdk/wire';
import type { Output } from './output.ts';

/** `join.json`: whom a machine belongs to. */
const Joined = defineSchema({
  type: 'object',
  properties: { control: { type: 'string' }, pin: { type: 'string' } },
  required: ['control', 'pin'],
  additionalProperties: false,
});

/** How a machine joins. */
export interface JoinOptions {
  readonly folder?: string;
  readonly name?: string;
  readonly address?: string;
  readonly label?: readonly string[];
  readonly ingress: boolean;
}

/**
 * Makes sure that the one who answers is who made the token, writes down whom this machine belongs to, and runs its agent until it
 * is told to end. Gives the agent's exit code. Throws `JOIN_TOKEN_INVALID`, `CONTROL_PLANE_UNREACHABLE`, `CONTROL_PLANE_OTHER`,
 * `CONFLICT_JOINED`, `JOIN_TOKEN_NEEDED`.
 */
export async function joinInstall(output: Output, token: string | undefined, options: JoinOptions): Promise<number> {
  const folder = resolve(options.folder ?? join(dirname(usualDataFolder()), 'containr-agent'));
  const joined = existsSync(join(folder, 'identity.json'));
  if (token !== undefined) await prepare(folder, token, joined);
  else if (!joined) throw needsToken(folder);
  return runAgent(output, folder, options, joined);
}

async function prepare(folder: string, text: string, joined: boolean): Promise<void> {
  const { control, pin, token } = readJoinToken(text.trim());
  const file = join(folder, 'join.json');
  if (joined) {
    const before = existsSync(file)
      ? validate<Infer<typeof Joined>>(Joined, JSON.parse(await readFile(file, 'utf8')), file)
      : null;
    if (before?.pin !== pin)
      throw new ContainrError({
        code: 'CONFLICT_JOINED',
        status: 409,
        detail: `${folder} belongs to an agent of another install.`,
        hint: 'Give this one a folder of its own with --folder, or remove that folder when it is not needed any more.',
      });
  }
  await meetControlPlane(control, pin, AbortSignal.timeout(15_000));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify({ control, pin }), { mode: 0o600 });
  await writeFile(join(folder, 'token'), token, { mode: 0o600 });
}

async function runAgent(output: Output, folder: string, options: JoinOptions, joined: boolean): Promise<number> {
  // An ingress of its own reaches only what other machines can reach too: it is asked for.
  const labels = [...(options.label ?? []), ...(options.ingress ? [] : ['ingress=off'])];
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv.filter((flag) => flag.startsWith('--conditions')),
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(import.meta.resolve('@containr/agent/main')),
      '--data',
      folder,
      ...(options.name === undefined ? [] : ['--name', options.name]),
      ...(options.address === undefined ? [] : ['--address', options.address]),
      ...labels.flatMap((label) => ['--label', label]),
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const end = (): void => void child.kill('SIGTERM');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  child.once('message', (message: { node: string }) =>
    output.value(
      { node: message.node, folder },
      joined
        ? `The agent of node ${message.node} runs. Ctrl-C ends it; replicas stay.`
        : `Joined as node ${message.node}. Ctrl-C ends the agent, replicas stay; \`containr node join --folder ${folder}\` starts it again.`,
    ),
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
  return code ?? 1;
}

function needsToken(folder: string): ContainrError {
  return new ContainrError({
    code: 'JOIN_TOKEN_NEEDED',
    status: 400,
    detail: `Nothing in ${folder} has joined an install yet.`,
    hint: 'Make a token with `containr node token` on the install, and give it here.',
  });
}
