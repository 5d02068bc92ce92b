import { defineErrors } from '@containr/sdk';

/** What goes wrong before, around and after a handler of a request; the last few while a plugin registers it. */
export const errors = defineErrors({
  ADDRESS_TOO_LONG: () => ({
    status: 414,
    detail: 'A part of the path is longer than 500 characters.',
    hint: 'Look at the address: nothing here has a name as long as that.',
  }),
  ADDRESS_UNREADABLE: () => ({
    status: 400,
    detail: 'The path is not percent-encoded UTF-8.',
    hint: 'Encode each part of the path.',
  }),
  CLIENT_LEFT: () => ({ status: 499, detail: 'The client closed the connection before the answer.' }),
  CONFLICT_GONE: (cause: unknown) => ({
    status: 409,
    detail: 'Something that this belongs to was removed in the meantime.',
    hint: 'Look at what is there now.',
    cause,
  }),
  CONFLICT_IDEMPOTENT: () => ({
    status: 409,
    detail: 'The first request with this Idempotency-Key is still under way.',
    hint: 'Ask again in a moment.',
  }),
  CONFLICT_TAKEN: (cause: unknown) => ({
    status: 409,
    detail: 'The same was made by another request at the same moment.',
    hint: 'Look at what is there now, then ask again where it is still needed.',
    cause,
  }),
  CROSS_SITE: () => ({
    status: 403,
    detail: 'A page of another site asked for this with your session.',
    hint: 'Do it in the dashboard, or use an API token.',
  }),
  FORBIDDEN: (permission: string) => ({
    status: 403,
    detail: `This needs the permission "${permission}", which you don't have.`,
    hint: 'Ask an owner of the organisation for it.',
  }),
  IDEMPOTENCY_KEY: () => ({
    status: 400,
    detail: 'The Idempotency-Key is not 1 to 255 visible ASCII characters.',
    hint: 'Use a UUID.',
  }),
  IDEMPOTENCY_MISMATCH: () => ({
    status: 422,
    detail: 'This Idempotency-Key was used for another request.',
    hint: 'Use a new key for a new request, and the same key only to repeat one.',
  }),
  INTERNAL: (cause: unknown) => ({
    status: 500,
    detail: 'Containr failed to answer this request; the fault is not yours.',
    hint: 'Look for the request id in the log of the control plane.',
    cause,
  }),
  INVALID_JSON: (why: string, cause: unknown) => ({
    status: 400,
    detail: `The body is not JSON: ${why}.`,
    hint: 'Send well-formed JSON.',
    cause,
  }),
  INVALID_LENGTH: (cause: unknown) => ({
    status: 400,
    detail: 'The body is not as long as its Content-Length says.',
    hint: 'Send the Content-Length of the body.',
    cause,
  }),
  /** `type` is what was sent, where it is known. */
  MEDIA_TYPE: (accepts: readonly string[], type?: string) => ({
    status: 415,
    detail: `This takes ${accepts.join(', ')}${type === undefined ? ' only' : `, not "${type}"`}.`,
    hint: 'Set the Content-Type header to what is sent.',
  }),
  SCOPE_CLOSED: () => ({ status: 503, detail: 'The plugin is stopping.', hint: 'Try again in a moment.' }),
  SOCKET_NOT_READ: () => ({
    status: 408,
    detail: 'What was sent over the socket was not read fast enough.',
    hint: 'Connect again, and read faster.',
  }),
  TOO_LARGE: (maxBytes: number) => ({
    status: 413,
    detail: `The body is larger than ${maxBytes} bytes.`,
    hint: 'Send less in one request.',
  }),
  TOO_MANY_REQUESTS: (limit: number, from: string, seconds: number) => ({
    status: 429,
    detail: `More than ${limit} requests a minute came from this ${from}.`,
    hint: `Try again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}, and ask less often; an admin can raise the limit in the settings of the install.`,
    retryAfterSeconds: seconds,
  }),
  UNAUTHENTICATED: (detail: string) => ({
    status: 401,
    detail,
    hint: 'Sign in, or send an API token as "Authorization: Bearer …".',
  }),

  PERMISSION_UNKNOWN: (plugin: string, label: string, permission: string) => ({
    status: 500,
    detail: `${plugin} registers "${label}" with the permission "${permission}", which nothing declares.`,
    hint: 'Declare the permission in the manifest of the plugin that owns it.',
  }),
  ROUTE_PERMISSION_MISSING: (plugin: string, label: string) => ({
    status: 500,
    detail: `${plugin} registers "${label}" without saying who may call it.`,
    hint: 'Give the route a permission, or say public: true.',
  }),
  ROUTE_TOO_LATE: (plugin: string, label: string) => ({
    status: 500,
    detail: `${plugin} registers "${label}" after its set-up.`,
    hint: 'Register all routes in setup.',
  }),
  SEGMENT_NOT_CLAIMED: (plugin: string, label: string, kind: 'root' | 'segment', first: string) => ({
    status: 500,
    detail: `${plugin} registers "${label}", but its manifest doesn't claim the ${kind} "${first}".`,
    hint: `Add "${first}" to "${kind}s" in the manifest.`,
  }),
  SETUP_NEEDS_PLATFORM: (plugin: string, path: string) => ({
    status: 500,
    detail: `The set-up of ${plugin} calls ${path}, so its routes can't be collected without a running platform.`,
    hint: 'Register in setup; do what needs the database in verify, a handler or a job.',
  }),
});
