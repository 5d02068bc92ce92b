import { defineSchema, isContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Client } from '@containr/client';
import { isApiError } from '@containr/client';

const Uploaded = defineSchema({
  type: 'object',
  properties: { version: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
  required: ['version'],
});
const State = defineSchema({
  type: 'object',
  properties: { state: { type: 'string' }, trust: { type: 'string' } },
  required: ['state'],
});

/** Installs one version of a plugin and lets it serve; the one before serves until then, and on when this one fails. */
export async function serveVersion(
  client: Client,
  archive: Uint8Array,
  options: { readonly version: string; readonly trusted: boolean },
): Promise<void> {
  const uploaded = validate<{ version: { name: string } }>(
    Uploaded,
    await client.upload('/plugins', archive, 'application/gzip', { query: { source: 'containr plugin dev' } }),
    'The answer to the upload',
  );
  const at = `/plugins/${encodeURIComponent(uploaded.version.name)}`;
  const { state, trust } = validate<{ state: string; trust?: string }>(State, await client.request('GET', at), at);
  await client.request('POST', `${at}/upgrade`, { body: { version: options.version } });
  if (options.trusted && trust !== 'trusted')
    await client.request('POST', `${at}/trust`, { body: { trust: 'trusted' } });
  if (state !== 'active') await client.request('POST', `${at}/enable`);
}

/** An error as a person reads it: what, and what to do. */
export function wordsOf(error: unknown): string {
  const hint = isContainrError(error) ? error.hint : isApiError(error) ? error.hint : null;
  const message = error instanceof Error ? error.message : String(error);
  return hint ? `${message}\n${hint}` : message;
}
