import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from '../host/node-http.ts';
import type { Infer } from '../schema.ts';
import { ContainrError } from '../errors.ts';
import { defineSchema } from '../schema.ts';
import type { CertificateSet, RouteTable } from '../contracts/ingress.ts';
import { RequestCounts } from '../contracts/ingress.ts';
import { validate } from '../host/validate.ts';

const Health = defineSchema({
  type: 'object',
  properties: {
    status: { type: 'string' },
    pid: { type: 'integer' },
    version: { type: 'string' },
    port: { type: 'integer' },
    host: { type: 'string' },
    revision: { type: 'integer' },
    certificates: { type: 'integer' },
    note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
  },
  // A router that an earlier version started says less.
  required: ['status', 'pid', 'version', 'port', 'host', 'revision'],
  additionalProperties: true,
});
export type Health = Infer<typeof Health>;

const Revision = defineSchema({
  type: 'object',
  properties: { revision: { type: 'integer' } },
  required: ['revision'],
  additionalProperties: false,
});
const InFlight = defineSchema({
  type: 'object',
  properties: { inFlight: { type: 'object', additionalProperties: { type: 'integer' } } },
  required: ['inFlight'],
  additionalProperties: false,
});

async function call(
  socketPath: string,
  method: string,
  path: string,
  body?: string,
): Promise<{ status: number; body: unknown }> {
  const request = httpRequest({ socketPath, method, path, agent: false, timeout: 5000 });
  request.once('timeout', () => request.destroy(new Error('The ingress did not answer within 5 s.')));
  const answered = once(request, 'response');
  request.end(body);
  const [response] = (await answered) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode ?? 0, body: JSON.parse(text) };
}

function detailOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : 'no reason given';
}

/** What runs behind a control socket; `null` when nobody answers there. */
export async function askHealth(socketPath: string): Promise<Health | null> {
  try {
    const { body } = await call(socketPath, 'GET', '/healthz');
    return validate<Health>(Health, body, "The ingress's health");
  } catch {
    return null;
  }
}

/** What came of handing a document over. `applied: false`: the ingress follows a newer one, whose revision is given. */
export interface HandedOver {
  readonly applied: boolean;
  readonly revision: number;
}

async function put(socketPath: string, path: string, document: unknown): Promise<number | null> {
  const { status, body } = await call(socketPath, 'PUT', path, JSON.stringify(document));
  if (status === 200) return validate<Infer<typeof Revision>>(Revision, body, "The ingress's answer").revision;
  if (status === 412) return null;
  throw refused(status, body);
}

function refused(status: number, body: unknown): ContainrError {
  return new ContainrError({
    code: 'INGRESS_REFUSED',
    status: 502,
    detail: `The ingress refused what it was given with status ${status}: ${detailOf(body)}.`,
    hint: "Look at the ingress's output in its folder on the node.",
  });
}

/** Hands a table over. Throws `INGRESS_REFUSED`. */
export async function putTable(socketPath: string, table: RouteTable): Promise<HandedOver> {
  const revision = await put(socketPath, '/table', table);
  if (revision !== null) return { applied: true, revision };
  return { applied: false, revision: (await askHealth(socketPath))?.revision ?? table.revision };
}

/** Hands certificates over. Throws `INGRESS_REFUSED`. */
export async function putCertificates(socketPath: string, set: CertificateSet): Promise<HandedOver> {
  const revision = await put(socketPath, '/certificates', set);
  if (revision !== null) return { applied: true, revision };
  return { applied: false, revision: (await askHealth(socketPath))?.certificates ?? set.revision };
}

/** Tells an ingress that another has taken over. `false`: it does not know how to leave. */
export async function tellToLeave(socketPath: string): Promise<boolean> {
  return (await call(socketPath, 'POST', '/leave')).status === 200;
}

/** Requests by route and answer. Throws `INGRESS_REFUSED` where one of an earlier version does not count. */
export async function askCounts(socketPath: string): Promise<RequestCounts> {
  const { status, body } = await call(socketPath, 'GET', '/counts');
  if (status !== 200) throw refused(status, body);
  return validate<RequestCounts>(RequestCounts, body, "The ingress's answer");
}

/** Open requests and sockets by replica. */
export async function askInFlight(socketPath: string): Promise<Record<string, number>> {
  const { body } = await call(socketPath, 'GET', '/in-flight');
  return validate<Infer<typeof InFlight>>(InFlight, body, "The ingress's answer").inFlight;
}
