import { request } from '@containr/sdk/node-http';
import type { JSONSchema } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

/** One call over the console socket. */
export interface ConsoleCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`. */
  readonly path: string;
  readonly organisation?: string;
  readonly body?: unknown;
  readonly raw?: { readonly data: Uint8Array; readonly type: string };
}

/** Calls the API as the console principal; checks the answer. Throws the problem that the API answers with. */
export async function callConsole<T>(socketPath: string, call: ConsoleCall, answer: JSONSchema): Promise<T> {
  const payload = call.raw?.data ?? (call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body)));
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const outgoing = request(
      {
        socketPath,
        method: call.method,
        path: `/api/v1${call.path}`,
        headers: {
          host: 'localhost',
          ...(call.organisation ? { 'containr-organisation': call.organisation } : {}),
          ...(payload
            ? { 'content-type': call.raw?.type ?? 'application/json', 'content-length': payload.length }
            : {}),
        },
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text })).on('error', reject);
      },
    );
    outgoing.on('error', reject).end(payload);
  });
  const document: unknown = text === '' ? null : JSON.parse(text);
  if (status >= 400) throw problem(status, document);
  return validate<T>(answer, document, `The answer to ${call.method} ${call.path}`);
}

function problem(status: number, document: unknown): ContainrError {
  const field = (name: string): string | undefined => {
    const value: unknown = typeof document === 'object' && document !== null ? Reflect.get(document, name) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const hint = field('hint');
  return new ContainrError({
    code: field('code') ?? 'INTERNAL',
    status,
    detail: field('detail') ?? `The API answered ${status}.`,
    ...(hint ? { hint } : {}),
  });
}
