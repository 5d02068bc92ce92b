import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request } from '@containr/sdk/node-http';
import { ContainrError } from '@containr/sdk';
import Docker from 'dockerode';
import type { EngineAddress } from './engine-address.ts';

/** A Docker engine: its API, and plain requests for what the API library has no name for. */
export class Engine {
  readonly api: Docker;
  readonly #address: EngineAddress;

  constructor(address: EngineAddress) {
    this.#address = address;
    this.api = new Docker({ ...address });
  }

  /** GETs a stream; a refusal carries its `statusCode` like those of the library. */
  open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asked = this.request({ path, signal }, (response) => {
        if (response.statusCode === 200) return resolve(response);
        response.resume();
        reject(
          Object.assign(new Error(`The engine refused ${path} with status ${response.statusCode}`), {
            statusCode: response.statusCode,
          }),
        );
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  /** Begins a request that the caller reads by hand. */
  request(options: RequestOptions, onResponse?: (response: IncomingMessage) => void): ClientRequest {
    return request({ ...this.#address, ...options }, onResponse);
  }
}

/** Status of an engine's refusal; `null` when it is none. */
export function refusalStatus(error: unknown): number | null {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : null;
}

/** An engine's refusal as it says it, without the status in front. */
export function refusalText(error: unknown): string {
  if (
    error instanceof Error &&
    'json' in error &&
    typeof error.json === 'object' &&
    error.json !== null &&
    'message' in error.json
  )
    return String(error.json.message);
  return error instanceof Error ? error.message : String(error);
}

/** Runs a call and turns "nobody answers" into `ENGINE_UNAVAILABLE`; refusals pass. */
export async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (refusalStatus(error) !== null || error instanceof ContainrError || !isConnectionError(error)) throw error;
    throw new ContainrError({
      code: 'ENGINE_UNAVAILABLE',
      status: 503,
      detail: `The node's Docker engine does not answer: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'Start the engine on the node; replicas that run are left alone.',
      cause: error,
    });
  }
}

function isConnectionError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'EACCES', 'ETIMEDOUT', 'EHOSTUNREACH'].includes(
      String(error.code),
    )
  );
}
