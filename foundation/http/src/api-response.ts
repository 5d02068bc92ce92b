import { ServerResponse } from '@containr/sdk/node-http';
import type { IncomingMessage } from 'node:http';

type Headers = Readonly<Record<string, unknown>>;

declare module 'http' {
  interface ServerResponse {
    /** Node's own: writes the head of an answer, once, with the headers by lower-case name. */
    _storeHeader(statusLine: string, headers: Headers): void;
  }
}

/**
 * An answer that says what every answer of a mount says: its request id, that it is not to be stored, that its type is
 * meant. A header that the answer sets itself stands instead. The lines are ready text beside the status line: Node checks
 * each header that it is given, and for these three that is most of what a route costs beside a bare one.
 */
export class ApiResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** Set by the mount that answers; pages have headers of their own. Nothing checks the line that it is in, so it is sane. */
  requestId: string | undefined = undefined;

  override _storeHeader(statusLine: string, headers: Headers): void {
    super._storeHeader(
      this.requestId === undefined ? statusLine : statusLine + linesBeside(headers, this.requestId),
      headers,
    );
  }
}

function linesBeside(headers: Headers, requestId: string): string {
  const id = headers['x-request-id'] === undefined ? `x-request-id: ${requestId}\r\n` : '';
  const store = headers['cache-control'] === undefined ? 'cache-control: no-store\r\n' : '';
  const sniff = headers['x-content-type-options'] === undefined ? 'x-content-type-options: nosniff\r\n' : '';
  return id + store + sniff;
}
