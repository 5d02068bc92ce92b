import type { DeploymentDocument } from '@containr/plugin-deployments/contract';
import type { RunDocument } from '@containr/plugin-runs/contract';
import { until } from '../road/until.ts';
import { crashApp } from './app.ts';
import { insist } from './insist.ts';
import type { Subject } from './subject.ts';

/** How an operation must end, whoever was killed in it. */
export interface Ending {
  /** What visitors of the web service are told afterwards. */
  readonly says: string;
  /** What is not as it must be, in sentences; asked again until there is nothing. `cutOff`: who runs commands was killed. */
  wrong(subject: Subject, cutOff: boolean): Promise<readonly string[]>;
}

/** Something that people do, which passes boundaries. */
export interface Operation {
  readonly name: string;
  /** Begins it, insisting through crashes; resolves when there is nothing more to do but wait. `before`: what visitors are told now. */
  begin(subject: Subject, before: string): Promise<Ending>;
}

/** A new version, built, with a command before it goes live that must not run twice. */
const deploy: Operation = {
  name: 'deploy',
  async begin(subject, before) {
    const version = subject.nextVersion();
    const id = await subject.upload(subject.web, crashApp(version, subject.counts));
    return goesLive(id, `${version} ${subject.greeting}`, before);
  },
};

const rollback: Operation = {
  name: 'rollback',
  async begin(subject, before) {
    const { items } = await insist('the deployments', () =>
      subject.owner.get<{ items: { id: string; number: number }[] }>('/deployments', {
        service: subject.web.id,
        limit: 200,
      }),
    );
    const first = items.find((one) => one.number === 1);
    const id = await subject.ask(`/deployments/${first?.id}/rollback`);
    return goesLive(id, 'v0 none', before);
  },
};

/** Another value of a variable: nothing is built. */
const variable: Operation = {
  name: 'variable',
  async begin(subject, before) {
    const value = subject.nextVersion();
    await subject.setGreeting(subject.web, value);
    const id = await subject.ask('/deployments', { service: subject.web.id });
    const [version] = before.split(' ');
    return goesLive(id, `${version} ${value}`, before);
  },
};

const failing: Operation = {
  name: 'failing deployment',
  async begin(subject, before) {
    const version = subject.nextVersion();
    const id = await subject.upload(subject.web, crashApp(version, subject.counts, { start: 'node nothing.js' }));
    return ends(id, 'failed', before, ['EXITED', 'COMMAND_NOT_FOUND']);
  },
};

/** Cancelled while it builds. */
const cancel: Operation = {
  name: 'cancel',
  async begin(subject, before) {
    const version = subject.nextVersion();
    const id = await subject.upload(subject.web, crashApp(version, subject.counts, { build: 'sleep 60' }));
    await until('it builds', async () => {
      const { phase, status } = await subject.owner.deployment(id);
      return phase === 'build' || !['queued', 'running'].includes(status);
    });
    await insist('the cancel', () => subject.owner.post(`/deployments/${id}/cancel`));
    return ends(id, 'cancelled', before, ['CANCELLED']);
  },
};

/** What serves in one environment, made live in the other. */
const promote: Operation = {
  name: 'promotion',
  async begin(subject, before) {
    const service = await insist('the service', () => subject.owner.service(subject.web.id));
    const id = await subject.ask(`/deployments/${service.liveDeployment?.id}/promote`, {
      environment: subject.copy.environment,
    });
    return goesLive(id, before, before);
  },
};

/** One command of a service that runs by a schedule, now. */
const run: Operation = {
  name: 'cron run',
  async begin(subject, before) {
    const name = subject.nextVersion();
    const id = await subject.ask('/runs', { service: subject.cron.id, command: ['node', 'once.js', name] });
    return {
      says: before,
      async wrong(on, cutOff) {
        const { status, reason } = await on.owner.get<RunDocument>(`/runs/${id}`);
        const isRight = status === 'succeeded' || (cutOff && (status === 'lost' || status === 'failed'));
        return isRight ? [] : [`the run is ${status} (${reason ?? ''})`];
      },
    };
  },
};

/** All of them; each is enumerated by itself. */
export const operations: readonly Operation[] = [deploy, rollback, variable, cancel, promote, run, failing];

function goesLive(id: string, says: string, before: string): Ending {
  return {
    says,
    async wrong(subject, cutOff) {
      const { status, cause } = await subject.owner.deployment(id);
      if (status === 'live') return [];
      if (cutOff && isCutOff(cause) && (await subject.says()) === before) return [];
      return [`the deployment is ${told(status, cause)} and should be live`];
    },
  };
}

function ends(id: string, status: DeploymentDocument['status'], says: string, causes: readonly string[]): Ending {
  return {
    says,
    async wrong(subject, cutOff) {
      const { status: is, cause } = await subject.owner.deployment(id);
      if (is === status && causes.includes(cause?.code ?? '')) return [];
      if (is === 'failed' && cutOff && isCutOff(cause)) return [];
      return [`the deployment is ${told(is, cause)} and should be ${status} (${causes.join(' or ')})`];
    },
  };
}

/** Nobody knows how far a command got that was cut off: it is not run twice, and what was live stays. */
function isCutOff(cause: DeploymentDocument['cause']): boolean {
  return cause?.code === 'RELEASE_FAILED' && cause.detail.includes('interrupted');
}

function told(status: string, cause: DeploymentDocument['cause']): string {
  return cause ? `${status} (${cause.code}: ${cause.detail})` : status;
}
