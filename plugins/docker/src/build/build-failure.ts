import { ContainrError } from '@containr/sdk';
import type { FailedStep } from './progress.ts';

/** Says why an engine's build failed, as a cause code with what to do. */
export function buildFailure(message: string, failed: FailedStep | null): ContainrError {
  const base =
    /load metadata for (\S+)/.exec(failed?.name ?? '')?.[1] ??
    /(?:failed to (?:resolve|load|do request)[^:]*|pull access denied for) (\S+?)(?:[,:]|$)/.exec(message)?.[1];
  if (base) return baseUnavailable(base, message);
  if (
    /parse error|unknown (instruction|flag)|failed to read dockerfile|failed to create LLB definition|target stage|dockerfile\.v0/i.test(
      message,
    ) &&
    !/executor failed|did not complete/.test(message)
  ) {
    return new ContainrError({
      code: 'DOCKERFILE_INVALID',
      status: 422,
      detail: `The Dockerfile can't be built: ${plain(message)}`,
      hint: 'Correct the Dockerfile; build it on your own machine to see the same.',
    });
  }
  if (/no space left on device/i.test(message)) {
    return new ContainrError({
      code: 'DISK_FULL',
      status: 507,
      detail: `The node's disk is full: ${plain(message)}`,
      hint: 'Remove images and data that are no longer needed, or give the node a larger disk.',
    });
  }
  const step = failed
    ? `The build step "${commandOf(failed.name)}" failed: ${reasonOf(failed.error)}.`
    : `The build failed: ${plain(message)}`;
  return new ContainrError({
    code: 'BUILD_FAILED',
    status: 422,
    detail: [step, ...(failed && failed.lines.length > 0 ? ['Its last lines:', ...failed.lines] : [])].join('\n'),
    hint: 'Read the build log above the last lines; run the same step on your own machine.',
  });
}

/** What a person would call a step: its command, without the engine's numbering, mounts and shell. */
function commandOf(name: string): string {
  const bare = name.replace(/^\[[^\]]*\]\s*/, '').replace(/ --mount=\S+/g, '');
  const shell = /^RUN \["\/bin\/sh","-c",("(?:[^"\\]|\\.)*")\]$/.exec(bare)?.[1];
  return shell === undefined ? bare : String(JSON.parse(shell));
}

function reasonOf(error: string): string {
  return /exit code: (\d+)/.exec(error) ? `it ended with exit code ${/exit code: (\d+)/.exec(error)?.[1]}` : error;
}

function baseUnavailable(image: string, message: string): ContainrError {
  const name = image.replace(/^docker\.io\/(library\/)?/, '');
  return new ContainrError({
    code: 'BASE_IMAGE_UNAVAILABLE',
    status: 422,
    detail: `The base image ${name} is neither on the node nor to be had from its registry: ${plain(message)}`,
    hint: 'Check the name, see that the node reaches the registry, or name another image in the runtime catalogue (CONTAINR_RUNTIME_CATALOGUE).',
  });
}

function plain(message: string): string {
  return message
    .replace(/^failed to solve( with frontend dockerfile\.v0)?: /, '')
    .replace(/^rpc error: code = \w+ desc = /, '');
}
