import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadableStream } from 'node:stream/web';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

const Problem = defineSchema({
  type: 'object',
  properties: {
    code: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    hint: { anyOf: [{ type: 'string' }, { type: 'null' }] },
  },
  required: ['code', 'status', 'detail'],
});

/** The error that a non-2xx answer tells. */
export async function problemFrom(response: Response, what: string): Promise<ContainrError> {
  try {
    const { code, status, detail, hint } = validate<Infer<typeof Problem>>(
      Problem,
      await response.json(),
      'The problem document',
    );
    return new ContainrError({ code, status, detail, ...(typeof hint === 'string' ? { hint } : {}) });
  } catch {
    return new ContainrError({
      code: 'CONTROL_PLANE_REFUSED',
      status: response.status,
      detail: `${what} was answered with ${response.status} and no explanation.`,
      hint: 'See that --control is the address of the control plane itself.',
    });
  }
}

const patienceMs = 120_000;

/**
 * GET as this agent. A control plane that restarts in the meantime is waited for, two minutes at most, since the work that
 * asks outlives it. Throws its refusal, or `CONTROL_PLANE_UNREACHABLE`.
 */
export async function getAsAgent(
  control: string,
  path: string,
  bearer: () => Promise<string>,
  signal: AbortSignal,
): Promise<Readable> {
  if (!path.startsWith('/api/v1/'))
    throw new ContainrError({
      code: 'INVALID',
      status: 422,
      detail: `"${path}" is not an API path.`,
      hint: 'Start it with /api/v1/.',
    });
  const end = Date.now() + patienceMs;
  for (let waitMs = 200; ; waitMs = Math.min(waitMs * 2, 3000)) {
    const response = await get(control, path, await bearer(), signal);
    if (response instanceof Response && response.ok) {
      return response.body ? Readable.fromWeb(response.body as ReadableStream) : Readable.from([]);
    }
    const passing = !(response instanceof Response) || response.status === 401 || response.status === 503;
    if (!passing || Date.now() + waitMs > end)
      throw response instanceof Response ? await problemFrom(response, path) : response;
    await sleep(waitMs, undefined, { signal });
  }
}

/** The answer, or why there is none. */
async function get(
  control: string,
  path: string,
  bearer: string,
  signal: AbortSignal,
): Promise<Response | ContainrError> {
  try {
    return await fetch(`${control}${path}`, {
      headers: { authorization: `Bearer ${bearer}` },
      redirect: 'error',
      signal,
    });
  } catch (cause) {
    signal.throwIfAborted();
    return new ContainrError({
      code: 'CONTROL_PLANE_UNREACHABLE',
      status: 503,
      detail: `The control plane at ${control} does not answer.`,
      hint: 'See whether it runs, and whether this node reaches it.',
      cause,
    });
  }
}
