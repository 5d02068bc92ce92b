import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from '../host/node-http.ts';
import { ContainrError, isContainrError } from '../errors.ts';
import type { RequestCounts } from '../contracts/ingress.ts';
import { CertificateSet, RouteTable } from '../contracts/ingress.ts';
import { validate } from '../host/validate.ts';

/** Largest route table, or set of certificates, taken. */
const maxTableBytes = 64 * 1024 * 1024;

/** What the control socket can ask of an ingress. */
export interface Controlled {
  apply(table: RouteTable): Promise<number>;
  certify(set: CertificateSet): Promise<number>;
  table(): RouteTable;
  inFlight(): Record<string, number> | Promise<Record<string, number>>;
  counts(): RequestCounts | Promise<RequestCounts>;
  health(): Record<string, unknown>;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxTableBytes)
      throw new ContainrError({
        code: 'TABLE_TOO_LARGE',
        status: 413,
        detail: 'What was sent is larger than 64 MiB.',
      });
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new ContainrError({ code: 'INVALID', status: 422, detail: 'What was sent is not JSON.', cause });
  }
}

async function answer(ingress: Controlled, leave: () => Promise<void>, request: IncomingMessage): Promise<unknown> {
  const what = `${request.method} ${request.url}`;
  if (what === 'PUT /table')
    return {
      revision: await ingress.apply(validate<RouteTable>(RouteTable, await readJson(request), 'The route table')),
    };
  if (what === 'PUT /certificates')
    return {
      revision: await ingress.certify(
        validate<CertificateSet>(CertificateSet, await readJson(request), 'The certificates'),
      ),
    };
  if (what === 'GET /table') return ingress.table();
  if (what === 'GET /in-flight') return { inFlight: await ingress.inFlight() };
  if (what === 'GET /counts') return ingress.counts();
  if (what === 'GET /healthz') return ingress.health();
  if (what === 'POST /leave') {
    await leave();
    return ingress.health();
  }
  throw new ContainrError({ code: 'NOT_FOUND', status: 404, detail: `The ingress has no ${what}.` });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function sendProblem(response: ServerResponse, error: unknown): void {
  const known = isContainrError(error) ? error : undefined;
  if (!known)
    process.stderr.write(
      `${JSON.stringify({ at: new Date().toISOString(), message: 'control request failed', error: String(error) })}\n`,
    );
  send(response, known?.status ?? 500, {
    code: known?.code ?? 'INTERNAL',
    detail: known?.message ?? 'The ingress failed.',
    hint: known?.hint ?? null,
  });
}

/**
 * The control API of an ingress: `PUT /table`, `GET /table`, `PUT /certificates`, `GET /in-flight`, `GET /counts`, `GET /healthz`, `POST /leave`. It is
 * served on a private socket only.
 */
export function createControl(ingress: Controlled, leave: () => Promise<void>): Server {
  return createServer({ requestTimeout: 30_000 }, (request, response) => {
    answer(ingress, leave, request).then(
      (body) => send(response, 200, body),
      (error: unknown) => sendProblem(response, error),
    );
  });
}
