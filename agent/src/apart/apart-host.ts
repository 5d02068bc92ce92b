import type { HostLogger } from '@containr/sdk/host';
import { isContainrError } from '@containr/sdk';
import { SendReport } from '@containr/sdk/wire';
import type { Capabilities } from '../capabilities.ts';
import { getAsAgent } from '../control-client.ts';
import type { Greetings } from '../greetings.ts';
import type { HalfStore } from '../half-store.ts';
import type { Link } from '../link.ts';
import type { ApartHost } from './host.ts';

/** Gives halves that run apart what they need of the agent's parts. */
export function apartHost(parts: {
  readonly data: string;
  readonly control: string;
  readonly log: HostLogger;
  readonly link: Link;
  readonly capabilities: Capabilities;
  readonly greetings: Greetings;
  readonly store: HalfStore;
  install(): string;
  node(): ApartHost['node'];
  changed(): void;
}): ApartHost {
  const { data, control, log, link, capabilities, greetings, store } = parts;
  return {
    data,
    get install() {
      return parts.install();
    },
    get node() {
      return parts.node();
    },
    logFor: (plugin) => log.child({ plugin }),
    bundle: (sha256, signal) => store.ensure(sha256, signal),
    // Its schemas stay in its process, which checks by them.
    serve: ({ name: plugin, signal }, { name, timeoutMs }, handler) =>
      capabilities.serve(
        plugin,
        signal,
        { type: 'capability', name, timeoutMs, input: true, output: true, permission: '', summary: name },
        handler,
      ),
    onConnect(scope, handler) {
      const end = greetings.add(handler, log.child({ plugin: scope.name }));
      setImmediate(() => greetings.greet());
      return end;
    },
    report: (name, payload, signal) =>
      link.deliver(
        SendReport,
        { name, payload },
        signal,
        (error) => isContainrError(error) && error.code === 'INVALID',
      ),
    fetch: (path, signal) => getAsAgent(control, path, () => link.bearer(signal), signal),
    changed: () => parts.changed(),
  };
}
