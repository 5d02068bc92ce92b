import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HalfFiles } from '@containr/agent-gateway';
import type { Agents, Capability } from '@containr/sdk';
import { Scope } from '@containr/sdk';
import type { HalfStatus } from '@containr/sdk/wire';
import type { TestDatabase } from '@containr/testing';
import { testDatabase } from '@containr/testing';
import type { AgentProcess } from './agent-process.ts';
import { makeFolder, startAgentProcess, until } from './agent-process.ts';
import type { ControlPlane } from './control-plane.ts';
import { startControlPlane } from './control-plane.ts';
import { Echo, writeHalf } from './half.ts';

/** An agent with the half of a trusted plugin, and a place for one that nobody trusts. */
export interface HalfArena {
  readonly folder: string;
  readonly data: string;
  readonly control: ControlPlane;
  readonly node: string;
  readonly agent: AgentProcess;
  /** What the server half of the untrusted plugin is given, under its real names. */
  readonly agents: Agents;
  /** Puts a body of `setup(agent)` in place; resolves when the half runs or failed. */
  enter(body: string, apart?: Partial<NonNullable<HalfFiles['apart']>>, withinMs?: number): Promise<HalfStatus>;
  /** Takes the half out, and waits until its node says so. */
  leave(): Promise<void>;
  /** How the half does, as an admin sees it; `null` when its node tells nothing of it. */
  status(): Promise<HalfStatus | null>;
  /** Asks the half for one of its capabilities. */
  ask(name: string, input?: unknown): Promise<unknown>;
  /** Whether the trusted half answers right. */
  neighbourAnswers(): Promise<boolean>;
  restartAgent(): Promise<void>;
  stop(): Promise<void>;
}

/** A capability that takes and gives anything. */
export function anything(name: string, timeoutMs = 20_000): Capability {
  return { type: 'capability', name, input: true, output: true, permission: '', timeoutMs, summary: name };
}

const prelude = `
const anything = ${anything.toString()};
export default { async setup(agent) {
const serve = (name, work) => agent.capability(anything(name), work);
`;

/** Starts one. */
export async function openHalfArena(): Promise<HalfArena> {
  const database: TestDatabase = await testDatabase();
  const folder = makeFolder();
  chmodSync(folder.path, 0o755);
  const data = join(folder.path, 'agent');
  mkdirSync(data);
  writeHalf(join(folder.path, 'neighbour.mjs'), 'v1');
  const neighbour: HalfFiles = {
    plugin: 'test',
    version: '1.0.0',
    file: join(folder.path, 'neighbour.mjs'),
    programs: {},
  };
  let halves: HalfFiles[] = [neighbour];
  let entered = 0;
  const control = await startControlPlane(database, () => halves);
  const { token } = await control.gateway.createToken();
  let agent = startAgentProcess({ control: control.origin, data, token });
  const node = await until('the node', async () => {
    const [known] = await control.agents.nodes();
    return known?.capabilities.includes(Echo.name) === true ? known.id : null;
  });
  const scope = new Scope('hostile');
  const agents = control.gateway.agentsFor('hostile', scope);

  async function status(): Promise<HalfStatus | null> {
    const answer = await fetch(`${control.origin}/api/v1/plugins/hostile/nodes`);
    return ((await answer.json()) as { items: HalfStatus[] }).items[0] ?? null;
  }

  const arena: HalfArena = {
    folder: folder.path,
    data,
    control,
    node,
    get agent() {
      return agent;
    },
    agents,
    status,
    async enter(body, apart = {}, withinMs = 15_000) {
      entered += 1;
      const file = join(folder.path, `hostile-${entered}.mjs`);
      const version = `1.0.${entered}`;
      writeFileSync(file, `${prelude}\n${body}\n} };\n`);
      const limits = { segments: ['hostiles'], provides: [], ...apart };
      halves = [neighbour, { plugin: 'hostile', version, file, programs: {}, apart: limits }];
      await control.gateway.halvesChanged();
      const inPlace = async (): Promise<HalfStatus | null> => {
        const one = await status();
        return one?.version === version && one.state !== 'starting' ? one : null;
      };
      return until('the half is in place', inPlace, withinMs);
    },
    async leave() {
      halves = [neighbour];
      await control.gateway.halvesChanged();
      await until('the half is gone', async () => (await status()) === null);
    },
    ask: (name, input = {}) => agents.call(node, anything(`hostile/${name}`), input),
    async neighbourAnswers() {
      const answer = await control.agents.call(node, Echo, { text: 'hello' });
      return answer.text === 'hello v1';
    },
    async restartAgent() {
      await agent.stop();
      agent = startAgentProcess({ control: control.origin, data });
    },
    async stop() {
      await agent.stop();
      await scope.dispose();
      await control.stop();
      await database.stop();
      folder.remove();
    },
  };
  return arena;
}
