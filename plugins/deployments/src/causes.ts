import { isContainrError } from '@containr/sdk';
import type { Cause } from './contract.ts';

interface CauseText {
  readonly title: string;
  /** Used when nothing more exact is known. */
  readonly detail: string;
  readonly hint: string;
}

/** Every reason for which a deployment can fail. */
export const causes = {
  SOURCE_EMPTY: {
    title: 'Nothing to deploy',
    detail: 'The source has no files.',
    hint: 'Commit or upload the files of your application, and check the root directory in the service settings.',
  },
  SOURCE_UNREACHABLE: {
    title: 'Source not found',
    detail: 'The source of this deployment is not in the store any more.',
    hint: 'Push or upload it again.',
  },
  PLAN_NOT_FOUND: {
    title: 'No way to build it',
    detail: 'No builder knows how to build this source.',
    hint: 'Add a Dockerfile, a package.json, an index.html or a Procfile, or set the build and start commands.',
  },
  BUILD_FAILED: {
    title: 'Build failed',
    detail: 'A command of the build ended with an error.',
    hint: 'Read the end of the build log; run the same command on your machine.',
  },
  BUILD_TIMEOUT: {
    title: 'Build took too long',
    detail: 'The build was not done within its time limit.',
    hint: 'Look in the build log for where it waits; a build must not ask for input or stay running.',
  },
  BASE_IMAGE_UNAVAILABLE: {
    title: 'Base image not available',
    detail: 'An image that the build starts from could not be fetched.',
    hint: 'Check its name, or name a mirror or a local image in the runtime catalogue. Where no registry can be reached, have apps run without an engine: containr settings deployments set runtime=process',
  },
  BUILDER_NEEDS_ENGINE: {
    title: 'Needs a container engine',
    detail: 'A Dockerfile can only be built where a container engine answers.',
    hint: 'Install Docker on a node, or remove the Dockerfile to build without one.',
  },
  DOCKERFILE_INVALID: {
    title: 'Dockerfile has an error',
    detail: 'The Dockerfile could not be read.',
    hint: 'Correct the named line.',
  },
  ARTIFACT_GONE: {
    title: 'Promoted artifact is gone',
    detail: 'The artifact that was promoted is not on its node any more, and nothing is built in its place.',
    hint: 'Promote what serves in the other environment now, or deploy a source of its own.',
  },
  QUOTA_EXCEEDED: {
    title: 'Quota is used up',
    detail: 'The artifacts of the organisation take as much room as they may.',
    hint: 'Unpin versions or keep fewer for a rollback and clean up, or ask who runs this install for a larger quota.',
  },
  ARTIFACT_LOST: {
    title: 'Artifact is on no node',
    detail: 'No reachable node has the artifact, so it can not be brought to the one that is to run it.',
    hint: 'See that the node that built it is connected, or deploy again to build it anew.',
  },
  RELEASE_FAILED: {
    title: 'Pre-deploy command failed',
    detail: 'The pre-deploy command ended with an error.',
    hint: 'Read its output in the log; the version before stays live.',
  },
  NO_NODE_FITS: {
    title: 'No node can take it',
    detail: 'No connected node can run this service.',
    hint: 'Connect a node with a runtime that fits, or free resources.',
  },
  IMAGE_PULL_FAILED: {
    title: 'Image could not be fetched',
    detail: 'The image could not be fetched from its registry.',
    hint: 'Check the name and the registry credentials.',
  },
  START_FAILED: {
    title: 'Could not be started',
    detail: 'The runtime could not start the replica.',
    hint: 'Read the detail; check the start command and the resources.',
  },
  COMMAND_NOT_FOUND: {
    title: 'Start command not found',
    detail: 'The start command does not exist in the built application.',
    hint: 'Correct the start command in the service settings or in the package.json or Procfile.',
  },
  EXITED: {
    title: 'Stopped right after the start',
    detail: 'The process ended before it was healthy.',
    hint: 'Read the last lines of its log; a web service has to stay running.',
  },
  PORT_NOT_LISTENING: {
    title: 'Nothing listens',
    detail: 'The process runs, but it does not listen on any port.',
    hint: 'Listen on 0.0.0.0 and the port in the PORT variable.',
  },
  WRONG_PORT: {
    title: 'Listens on another port',
    detail: 'The process listens on another port than expected.',
    hint: 'Listen on the port in the PORT variable, or set the port in the service settings.',
  },
  LOOPBACK_ONLY: {
    title: 'Listens on localhost only',
    detail: 'The process listens on localhost only, where no request from outside can reach it.',
    hint: 'Listen on 0.0.0.0 instead of localhost or 127.0.0.1.',
  },
  HEALTH_FAILED: {
    title: 'Health check failed',
    detail: 'The health check got no good answer.',
    hint: 'Ask it the same way on your machine, and correct the application or the health check in the service settings.',
  },
  HEALTH_TIMEOUT: {
    title: 'Not healthy in time',
    detail: 'The service did not become healthy within its start period.',
    hint: 'Make it start faster, or raise the start period of the health check.',
  },
  OUT_OF_MEMORY: {
    title: 'Out of memory',
    detail: 'The process needed more memory than its limit.',
    hint: 'Raise the memory limit of the service, or find what needs so much.',
  },
  CRASHED_AFTER_SWITCH: {
    title: 'Crashed after it went live',
    detail: 'The new version crashed shortly after it took over.',
    hint: 'Read its last log lines; the version before serves again.',
  },
  UNHEALTHY_AFTER_SWITCH: {
    title: 'Unhealthy after it went live',
    detail: 'The new version stopped answering its health check shortly after it took over.',
    hint: 'Read its last log lines; the version before serves again.',
  },
  POST_DEPLOY_FAILED: {
    title: 'Post-deploy command failed',
    detail: 'The post-deploy command ended with an error.',
    hint: 'Read its output in the log; the new version serves all the same.',
  },
  SECRET_UNREADABLE: {
    title: 'A secret can not be read',
    detail: 'A secret variable could not be opened.',
    hint: 'Set the variable again; check that the key file of this install is the right one.',
  },
  VARIABLE_MISSING: {
    title: 'A variable is missing',
    detail: 'A variable refers to something that is not there.',
    hint: 'Set it, or take the reference out.',
  },
  REFERENCE_CYCLE: {
    title: 'References go in a circle',
    detail: 'Variables refer to each other in a circle, so none has a value.',
    hint: 'Give one of them a value of its own.',
  },
  REFERENCE_REFUSED: {
    title: 'A reference is not allowed',
    detail: 'A variable refers to a secret that it may not have.',
    hint: 'Have somebody who may use sealed variables set it, or refer to another one.',
  },
  REFERENCE_INVALID: {
    title: 'A reference can not be followed',
    detail: 'The value of a variable has a reference that can not be followed.',
    hint: 'Correct its value in the service settings.',
  },
  DISK_FULL: {
    title: 'Disk is full',
    detail: 'There is no space left on the disk.',
    hint: 'Free space on the named machine and deploy again.',
  },
  ENGINE_UNAVAILABLE: {
    title: 'Container engine does not answer',
    detail: 'No connected node has a container engine that answers.',
    hint: 'Start Docker on the node, or set the runtime of this install to process.',
  },
  NODE_LOST: {
    title: 'Node not reachable',
    detail: 'The node that worked on this deployment could not be reached.',
    hint: 'Check the machine and its agent, then deploy again.',
  },
  TIMEOUT: {
    title: 'Took too long',
    detail: 'A phase was not done within its time limit.',
    hint: 'Look at the log of the phase, then deploy again.',
  },
  CANCELLED: { title: 'Cancelled', detail: 'The deployment was cancelled.', hint: 'Deploy again when you are ready.' },
  INTERNAL: {
    title: 'Containr failed',
    detail: 'Something went wrong inside Containr itself.',
    hint: 'Deploy again; if it stays, report it with the id of the deployment.',
  },
} as const satisfies Readonly<Record<string, CauseText>>;

export type CauseCode = keyof typeof causes;

/** Causes that come after the switch: the routes have gone back already. */
export function isAfterSwitch(code: string): boolean {
  return code === 'CRASHED_AFTER_SWITCH' || code === 'UNHEALTHY_AFTER_SWITCH';
}

/** Whether a code is one that deployments fail with. */
export function isCauseCode(code: string): code is CauseCode {
  return Object.hasOwn(causes, code);
}

/** A cause from the table, with what is known more exactly. */
export function causeOf(code: CauseCode, detail?: string, hint?: string | null): Cause {
  const text = causes[code];
  return { code, title: text.title, detail: detail ?? text.detail, hint: hint ?? text.hint };
}

/** Codes of the platform that mean a cause. */
const translations: Readonly<Record<string, CauseCode>> = {
  NODE_UNREACHABLE: 'NODE_LOST',
  EXEC_TIMEOUT: 'TIMEOUT',
  ENOSPC: 'DISK_FULL',
};

/** The cause that an error means. A known code keeps the error's own sentence and hint; anything else is `INTERNAL`. */
export function causeOfError(error: unknown): Cause {
  if (isFullDisk(error)) return causeOf('DISK_FULL');
  if (!isContainrError(error)) return causeOf('INTERNAL');
  return (
    causeOfCode(error.code, error.message, error.hint ?? null) ??
    causeOf('INTERNAL', `${causes.INTERNAL.detail} (${error.code}: ${error.message})`)
  );
}

/** The cause behind a code from elsewhere; `null` when it is not one. */
export function causeOfCode(code: string, detail: string, hint: string | null): Cause | null {
  const known = isCauseCode(code) ? code : translations[code];
  return known ? causeOf(known, detail, hint) : null;
}

function isFullDisk(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}
