import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Exec, Owned, Scope } from '@containr/sdk';
import { ContainrError, isContainrError } from '@containr/sdk';
import type { AgentContext } from '@containr/sdk/agent';
import type { HostLogger } from '@containr/sdk/host';
import { createExec, validate } from '@containr/sdk/host';
import type { Half } from '@containr/sdk/wire';
import { SendReport } from '@containr/sdk/wire';
import type { Capabilities } from './capabilities.ts';
import { getAsAgent } from './control-client.ts';
import type { Way } from './file-transfer.ts';
import { fetchFile, sendFile } from './file-transfer.ts';
import type { Greetings } from './greetings.ts';
import type { Link } from './link.ts';

/** What every half's context is made from. */
export interface HalfHost {
  readonly data: string;
  readonly control: string;
  readonly install: string;
  readonly node: AgentContext['node'];
  readonly log: HostLogger;
  readonly link: Link;
  readonly capabilities: Capabilities;
  readonly greetings: Greetings;
  programPath(sha256: string): string;
}

/** Makes the context of one plugin's half; all it registers is owned by `scope`. */
export function createHalfContext(host: HalfHost, half: Half, scope: Scope): AgentContext {
  const { plugin } = half;
  const { link, capabilities, greetings } = host;
  const directory = join(host.data, 'plugins', plugin);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const log = host.log.child({ plugin });
  const within = (signal: AbortSignal | undefined): AbortSignal =>
    signal ? AbortSignal.any([scope.signal, signal]) : scope.signal;
  const way = (signal: AbortSignal): Way => ({ control: host.control, bearer: () => link.bearer(signal) });
  const exec = createExec({ log });
  const run: Exec = (argv, options) => exec(argv, { ...options, signal: within(options.signal) });
  return {
    plugin,
    node: host.node,
    install: host.install,
    log,
    exec: run,
    directory,
    signal: scope.signal,
    program(name) {
      const sha256 = half.programs[name];
      if (sha256 !== undefined) return host.programPath(sha256);
      throw new ContainrError({
        code: 'AGENT_NO_PROGRAM',
        status: 500,
        detail: `The manifest of ${plugin} names no program "${name}".`,
        hint: 'Add it to "programs" in the manifest.',
      });
    },
    capability: (capability, handler): Owned =>
      ownAfter(scope, `capability ${capability.name}`, () =>
        capabilities.serve(plugin, scope.signal, capability, handler),
      ),
    async report(report, payload, options = {}) {
      validate(report.payload, payload, `The report ${report.name}`);
      await link.deliver(SendReport, { name: report.name, payload }, within(options.signal), isWrong);
    },
    onConnect(handler) {
      const owned = ownAfter(scope, 'on connect', () => greetings.add(handler, log));
      setImmediate(() => greetings.greet());
      return owned;
    },
    fetch: (path, signal) => getAsAgent(host.control, path, () => link.bearer(within(signal)), within(signal)),
    sendFile: (path, file, signal) => sendFile(way(within(signal)), path, file, within(signal)),
    fetchFile: (path, file, signal) => fetchFile(way(within(signal)), path, file, within(signal)),
    own: (label, undo) => scope.own(label, undo),
  };
}

function ownAfter(scope: Scope, label: string, begin: () => () => void): Owned {
  scope.signal.throwIfAborted();
  return scope.own(label, begin());
}

/** Whether a refusal of a report is for good: the payload is wrong, not the moment. */
function isWrong(error: unknown): boolean {
  return isContainrError(error) && error.code === 'INVALID';
}
