import type { PluginContext } from '@containr/sdk';
import { ReplicaOutput } from '@containr/sdk/contracts';
import { Projects } from '@containr/plugin-projects/contract';
import type { LogService } from './log-service.ts';

/** Keeps what replicas write. A report that names a service outside the organisation it names is dropped. */
export function keepReplicaLines(ctx: PluginContext, service: LogService): void {
  const projects = ctx.services.get(Projects);
  const known = new Set<string>();

  async function belongs(serviceId: string, organisation: string): Promise<boolean> {
    const key = `${organisation}/${serviceId}`;
    if (known.has(key)) return true;
    const { paths } = await projects.paths({ services: [serviceId] }, { principal: ctx.principal(organisation) });
    if (!paths.some((path) => path.service === serviceId && path.organisation === organisation)) return false;
    if (known.size > 10_000) known.clear();
    known.add(key);
    return true;
  }

  ctx.agents.onReport(ReplicaOutput, async (report, from) => {
    if (!(await belongs(report.service, report.organisation))) {
      ctx.log.warn(
        { node: from.node, service: report.service },
        'dropped lines of a service that is not in the named organisation',
      );
      return;
    }
    await service.append(
      {
        organisation: report.organisation,
        service: report.service,
        deployment: report.deployment,
        phase: null,
        source: report.replica,
        lines: report.lines,
      },
      ctx.principal(report.organisation),
    );
  });
}
