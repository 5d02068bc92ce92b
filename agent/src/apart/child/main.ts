// The process of the agent half of one isolated plugin: descriptor 3 is the channel to the agent, 4 its heartbeat.
import { Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ContainrError } from '@containr/sdk';
import type { AgentPlugin } from '@containr/sdk/agent';
import type { Incoming } from '@containr/cell/channel';
import { Peer } from '@containr/cell/channel';
import type { Boot } from '../protocol.ts';
import { contextOf } from './context.ts';
import { Registered } from './registered.ts';

const stopping = new AbortController();
const registered = new Registered(() => peer, 'half');
let half: AgentPlugin | undefined;

const heartbeat = new Socket({ fd: 4, readable: true, writable: true });
heartbeat.on('data', (beat) => heartbeat.write(beat));
const peer = new Peer({
  socket: new Socket({ fd: 3, readable: true, writable: true }),
  answer,
  notified(op, data) {
    if (op === 'cancel') registered.cancel((data as { run: number }).run);
  },
  violated: (what) => console.error(`The agent ${what}`),
  closed: () => process.exit(0),
});

async function answer(call: Incoming): Promise<unknown> {
  const data = call.data as { ref: number; data: unknown; directory: string };
  if (call.op === 'invoke') return registered.invoke(data.ref, data.data, call);
  if (call.op === 'hello') return null;
  if (call.op === 'load') return load(data.directory);
  if (call.op === 'setup') return setUp(call.data as Boot);
  if (call.op === 'leave') return leave();
  throw new ContainrError({ code: 'NOT_FOUND', status: 404, detail: `There is no operation "${call.op}".` });
}

async function load(directory: string): Promise<void> {
  const module = (await import(pathToFileURL(join(directory, 'half.mjs')).href)) as { default?: AgentPlugin };
  if (typeof module.default?.setup !== 'function') {
    throw new ContainrError({
      code: 'AGENT_HALF_INVALID',
      status: 500,
      detail: 'The agent half has no default export with a setup.',
      hint: 'Export defineAgentPlugin({ setup }) as default.',
    });
  }
  half = module.default;
}

async function setUp(boot: Boot): Promise<void> {
  await half?.setup(contextOf(boot, registered, () => peer, stopping.signal));
  await registered.settled();
}

async function leave(): Promise<void> {
  stopping.abort(new ContainrError({ code: 'SCOPE_CLOSED', status: 503, detail: 'It stops.' }));
  await registered.leave();
}
