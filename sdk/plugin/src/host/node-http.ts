import type * as Http from 'node:http';

/**
 * Node's `http` without its web client. An `import` of it as an ES module reads each of its properties, and `WebSocket`,
 * `CloseEvent` and `MessageEvent` load the whole of Node's fetch: four megabytes of memory and as much of program files, in
 * every process that only wanted to listen.
 */
const http = process.getBuiltinModule('node:http');

export const { createServer, request, STATUS_CODES, IncomingMessage, ServerResponse } = http;
export type IncomingMessage = Http.IncomingMessage;
export type ServerResponse<Request extends Http.IncomingMessage = Http.IncomingMessage> = Http.ServerResponse<Request>;
