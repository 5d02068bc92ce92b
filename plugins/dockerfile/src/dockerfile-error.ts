import { ContainrError } from '@containr/sdk';

/** What is wrong with a Dockerfile, and in which line; `DOCKERFILE_INVALID`, a cause code of deployments. */
export function dockerfileInvalid(path: string, line: number | null, detail: string, hint: string): ContainrError {
  const where = line === null ? path : `${path}:${line}`;
  return new ContainrError({
    code: 'DOCKERFILE_INVALID',
    status: 422,
    detail: `${where}: ${detail}`,
    hint,
    errors: [{ path: where, message: detail }],
  });
}
