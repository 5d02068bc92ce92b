import { ContainrError } from '@containr/sdk';
import { refusalText } from '../engine.ts';

/** Says why an engine could not start a container, as a cause code with what to do. */
export function startFailure(error: unknown): ContainrError {
  const text = refusalText(error);
  if (
    /executable file not found|no such file or directory: unknown|stat .*: no such file or directory|no command specified/i.test(
      text,
    )
  ) {
    return new ContainrError({
      code: 'COMMAND_NOT_FOUND',
      status: 422,
      detail: `The start command does not exist in the image: ${text}`,
      hint: 'Correct the start command, or install in the build what it calls.',
      cause: error,
    });
  }
  return new ContainrError({
    code: 'START_FAILED',
    status: 422,
    detail: `The engine could not start the replica: ${text}`,
    hint: 'See what the engine says; correct the image or the node.',
    cause: error,
  });
}

/** Says that an image could not be fetched. */
export function pullFailure(reference: string, error: unknown): ContainrError {
  return new ContainrError({
    code: 'IMAGE_PULL_FAILED',
    status: 422,
    detail: `The image ${reference} is not on the node and could not be fetched: ${refusalText(error)}`,
    hint: 'Check its name, and that the node reaches its registry; an image of a build is made anew by deploying again.',
    cause: error,
  });
}
