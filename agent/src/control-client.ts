import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

const Problem = defineSchema({
  type: 'object',
  properties: { code: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' }, hint: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
  required: ['code', 'status', 'detail'],
});

/** The error that a non-2xx answer tells. */
export async function problemFrom(response: Response, what: string): Promise<ContainrError> {
  try {
    const { code, status, detail, hint } = validate<Infer<typeof Problem>>(Problem, await response.json(), 'The problem document');
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

/** GET as this agent. `bearer` is asked again when the one it gave was refused, since it may just have been replaced. */
export async function getAsAgent(control: string, path: string, bearer: () => Promise<string>, signal: AbortSignal): Promise<Readable> {
  if (!path.startsWith('/api/v1/')) throw new ContainrError({ code: 'INVALID', status: 422, detail: `"${path}" is not an API path.`, hint: 'Start it with /api/v1/.' });
  const used = await bearer();
  let response = await get(control, path, used, signal);
  if (response.status === 401) {
    const fresh = await bearer();
    if (fresh !== used) response = await get(control, path, fresh, signal);
  }
  if (!response.ok) throw await problemFrom(response, path);
  return response.body ? Readable.fromWeb(response.body as ReadableStream) : Readable.from([]);
}

function get(control: string, path: string, bearer: string, signal: AbortSignal): Promise<Response> {
  return fetch(`${control}${path}`, { headers: { authorization: `Bearer ${bearer}` }, redirect: 'error', signal });
}
