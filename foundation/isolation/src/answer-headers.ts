import { ContainrError } from '@containr/sdk';

const allowed =
  /^(content-(type|disposition|language|encoding)|etag|last-modified|location|link|retry-after|cache-control|vary|x-plugin-[a-z0-9-]+)$/;

/** What HTTP can carry: no ends of lines, nothing that is not Latin. */
const sendable = /^[\t\x20-\x7e\x80-\xff]*$/;
const mostBytes = 16_384;

/**
 * Headers that an isolated plugin may answer with. What it serves comes from the dashboard's own address, so a browser is told
 * to treat it as a page of nobody: no scripts with the admin's session, no cookies. Throws `PLUGIN_MESSAGE` for too many bytes.
 */
export function answerHeaders(given: Iterable<readonly [string, string]>): Record<string, string> {
  const kept = Object.create(null) as Record<string, string>;
  let bytes = 0;
  for (const [name, value] of given) {
    const lower = name.toLowerCase();
    if (!allowed.test(lower) || !sendable.test(value)) continue;
    kept[lower] = value;
    bytes += lower.length + value.length;
  }
  if (bytes > mostBytes)
    throw new ContainrError({
      code: 'PLUGIN_MESSAGE',
      status: 502,
      detail: `The plugin answers with ${bytes} bytes of headers, and may with ${mostBytes}.`,
      hint: 'This is a fault of the plugin: report it.',
    });
  return { ...kept, 'content-security-policy': "sandbox; default-src 'none'", 'x-content-type-options': 'nosniff' };
}

const kept = new Set([
  'accept',
  'accept-language',
  'content-length',
  'content-type',
  'if-match',
  'if-none-match',
  'last-event-id',
  'range',
  'user-agent',
]);

/** Headers of a request that an isolated plugin sees: nothing by which it could act as the caller elsewhere. */
export function requestHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).filter(
      ([name]) => kept.has(name) || (name.startsWith('x-') && !/token|auth|key|secret|forwarded/.test(name)),
    ),
  );
}
