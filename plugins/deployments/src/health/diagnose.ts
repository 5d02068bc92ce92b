import { ContainrError, isContainrError } from '@containr/sdk';
import type { CheckResult } from '@containr/sdk/contracts';
import type { CauseCode } from '../causes.ts';
import { causes } from '../causes.ts';
import { isRouted } from '../engine/findings.ts';
import type { Road } from '../engine/road.ts';
import { actor } from '../engine/road.ts';
import type { Deployment } from '../entities/deployment.ts';
import type { Replica } from '../entities/replica.ts';
import { driver } from '../replicas/drivers.ts';
import { probeOrder, readyTiming } from './ask.ts';

/** What a shell says of a command that is not there. */
const shellFoundNothing = /^(\/bin\/)?sh: .*(not found|No such file|Permission denied)/;

/** What programs say that can't write any more. */
const fullDisk = /\bENOSPC\b|no space left on device/i;

/** Why a replica that ended, ended: `OUT_OF_MEMORY`, `COMMAND_NOT_FOUND` or `EXITED`, with its last line. */
export async function diagnoseExit(road: Road, deployment: Deployment, replica: Replica): Promise<ContainrError> {
  const last = await lastLine(road, deployment, replica);
  const said = sentenceOf(last);
  if (replica.outOfMemory) {
    const limit = `${Math.round(deployment.spec.resources.memoryBytes / 1_048_576)} MB`;
    return failure('OUT_OF_MEMORY', `The process needed more than its ${limit} of memory and was ended.${said}`);
  }
  if (last !== null && fullDisk.test(last))
    return failure('DISK_FULL', `The process had no space left to write to.${said}`);
  const { exitCode } = replica;
  if (exitCode === 127 || exitCode === 126 || (exitCode === null && last !== null && shellFoundNothing.test(last)))
    return failure('COMMAND_NOT_FOUND', `The start command could not be run.${said}`);
  const how = replica.exitCode === null ? 'The process ended' : `The process ended with exit code ${replica.exitCode}`;
  const when = isRouted(deployment) ? ' before it answered on its port' : ' right after its start';
  return failure('EXITED', `${how}${when}.${said}`);
}

/** The last line that a replica wrote, as a sentence with a space before it; empty when it wrote none. */
export async function lastWords(road: Road, deployment: Deployment, replica: Replica): Promise<string> {
  return sentenceOf(await lastLine(road, deployment, replica));
}

function sentenceOf(line: string | null): string {
  return line === null ? '' : ` Its last line: ${line}`;
}

/** How a crash reads in one sentence, for a deployment that had already taken over. */
export async function describeCrash(road: Road, deployment: Deployment, replica: Replica): Promise<string> {
  const error = await diagnoseExit(road, deployment, replica);
  return error.message.replace(' before it answered on its port', '').replace(' right after its start', '');
}

/** Why a replica that runs did not get healthy. Looks at what it listens on. */
export async function diagnoseUnhealthy(
  road: Road,
  deployment: Deployment,
  replica: Replica,
  result: CheckResult,
): Promise<ContainrError> {
  const { health } = deployment.spec;
  const seconds = Math.max(1, Math.round(health.startPeriodMs / 1000));
  if (health.kind === 'command')
    return failure(
      'HEALTH_FAILED',
      `The health command did not succeed within ${seconds} s: ${result.lastError ?? 'nothing is known of it'}.`,
    );
  const order = probeOrder(deployment, replica, readyTiming(deployment));
  if (result.lastStatus !== null) {
    return failure(
      'HEALTH_FAILED',
      `GET ${order.path} on port ${order.port} answered ${result.lastStatus}, and none of ${order.statuses} within ${seconds} s.`,
    );
  }
  if (result.connected)
    return failure(
      'HEALTH_TIMEOUT',
      `Port ${order.port} accepts connections, but GET ${order.path} was not answered within ${seconds} s.`,
    );
  const listeners = await listenersOf(road, replica);
  if (listeners === null) return failure('HEALTH_TIMEOUT', `Port ${order.port} did not answer within ${seconds} s.`);
  const here = listeners.filter((one) => one.port === order.port);
  if (here.length > 0 && here.every((one) => isLoopback(one.address)))
    return failure(
      'LOOPBACK_ONLY',
      `The process listens on ${here[0]?.address ?? 'localhost'}:${order.port} only, where no request from outside can reach it.`,
    );
  if (here.length > 0)
    return failure(
      'HEALTH_TIMEOUT',
      `The process listens on port ${order.port}, but a connection was not accepted within ${seconds} s.`,
    );
  const others = [...new Set(listeners.map((one) => one.port))].sort((a, b) => a - b);
  if (others.length > 0) {
    return failure(
      'WRONG_PORT',
      `The process listens on port ${others.join(', ')}, but requests go to the port in PORT, which is ${order.port}.`,
      `Listen on the port in the PORT variable, or set the port ${others[0] ?? ''} in the service settings.`,
    );
  }
  return failure('PORT_NOT_LISTENING', `The process runs, but after ${seconds} s it does not listen on any port.`);
}

async function lastLine(road: Road, deployment: Deployment, replica: Replica): Promise<string | null> {
  const query = {
    service: deployment.service,
    deployment: deployment.id,
    phase: null,
    source: replica.id,
    after: null,
    search: null,
    since: null,
    until: null,
    limit: 20,
    tail: true,
  };
  try {
    const caller = actor(road, deployment.organisation);
    const known = (await road.logs.read({ ...query, waitMs: 1500 }, caller)).lines;
    // What it wrote last may still be on its way from the node.
    const after = known.at(-1)?.cursor ?? null;
    const late = (await road.logs.read({ ...query, after, tail: false, waitMs: 700 }, caller)).lines;
    const texts = [...known, ...late].map((line) => line.text.trim()).filter((text) => text !== '');
    const telling = texts.findLast((text) => /error|not found|cannot|can't|failed|fatal|panic|exception/i.test(text));
    return (telling ?? texts.at(-1))?.slice(0, 300) ?? null;
  } catch (error) {
    road.ctx.log.warn({ error, replica: replica.id }, 'could not read the last lines of a replica');
    return null;
  }
}

async function listenersOf(road: Road, replica: Replica) {
  try {
    const { listeners } = await road.ctx.agents.call(replica.node, driver(replica.runtime).listeners, {
      replica: replica.id,
    });
    return listeners;
  } catch (error) {
    if (isContainrError(error)) return null;
    throw error;
  }
}

function isLoopback(address: string): boolean {
  return (
    address.startsWith('127.') || address === '::1' || address === 'localhost' || address.startsWith('::ffff:127.')
  );
}

function failure(code: CauseCode, detail: string, hint?: string): ContainrError {
  return new ContainrError({ code, status: 409, detail, hint: hint ?? causes[code].hint });
}
