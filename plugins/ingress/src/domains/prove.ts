import { Resolver } from 'node:dns/promises';
import { lookup } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import { isNeverAsked } from '@containr/sdk/host';
import { request as httpRequest } from '@containr/sdk/node-http';

const dnsMs = 5000;
const httpMs = 5000;
const mostAddresses = 3;
const mostBytes = 512;

/** How a host was shown to be its claimant's: by a DNS record, or by what it answers over HTTP. */
export type Proof = 'dns' | 'http';

/** What is looked for, and how. */
export interface ProofOptions {
  readonly token: string;
  /** Name servers; those of the machine when empty. */
  readonly dnsServers: readonly string[];
  /** Port that visitors reach the ingress at over plain HTTP. */
  readonly port: number;
  /** Whether only a DNS record will do: for wildcards, and names that others claim too. */
  readonly dnsOnly: boolean;
  readonly signal: AbortSignal;
}

/** What a look found: a proof, or one sentence that says what is missing. */
export type Finding = { readonly proof: Proof } | { readonly problem: string };

/** Name of the TXT record that proves a host. */
export function recordName(host: string): string {
  return `_containr.${host.replace(/^\*\./, '')}`;
}

/** Content of that record, and of the answer over HTTP. */
export function proofText(token: string): string {
  return `containr-domain=${token}`;
}

/** Path of the answer over HTTP. */
export function proofPath(token: string): string {
  return `/.well-known/containr/${token}`;
}

function resolverFor(options: ProofOptions): Resolver {
  const resolver = new Resolver({ timeout: dnsMs, tries: 2 });
  if (options.dnsServers.length > 0) resolver.setServers(options.dnsServers);
  options.signal.addEventListener('abort', () => resolver.cancel(), { once: true });
  return resolver;
}

async function hasRecord(resolver: Resolver, host: string, token: string): Promise<boolean> {
  const records = await resolver.resolveTxt(recordName(host)).catch(() => []);
  return records.some((parts) => parts.join('') === proofText(token));
}

async function addressesOf(resolver: Resolver, host: string, options: ProofOptions): Promise<readonly string[]> {
  if (options.dnsServers.length === 0)
    return (await lookup(host, { all: true }).catch(() => [])).map(({ address }) => address).slice(0, mostAddresses);
  const found = await Promise.all([resolver.resolve4(host).catch(() => []), resolver.resolve6(host).catch(() => [])]);
  return found.flat().slice(0, mostAddresses);
}

/** What an address answers, as far as it matters; `null`: nothing, or something else than text. */
function ask(address: string, host: string, options: ProofOptions): Promise<string | null> {
  return new Promise((resolve) => {
    const request = httpRequest({
      host: address,
      port: options.port,
      path: proofPath(options.token),
      headers: { host, accept: 'text/plain' },
      agent: false,
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(httpMs)]),
    });
    request.once('error', () => resolve(null));
    request.once('response', (response: IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > mostBytes) response.destroy();
      });
      response.once('close', () => resolve(text));
    });
    request.end();
  });
}

/** Looks whether a host is its claimant's. Only whether the token is there is told, never what was answered. */
export async function prove(host: string, options: ProofOptions): Promise<Finding> {
  const resolver = resolverFor(options);
  if (await hasRecord(resolver, host, options.token)) return { proof: 'dns' };
  if (options.dnsOnly) return { problem: `The DNS has no TXT record ${recordName(host)} with the content shown here.` };
  const addresses = await addressesOf(resolver, host, options);
  if (addresses.length === 0) return { problem: `The DNS has no address for ${host} yet.` };
  // A name is anybody's to point: at the link of this machine, or at what a cloud keeps its secrets behind.
  const refused = addresses.find((address) => isNeverAsked(address));
  if (refused !== undefined) return { problem: `${host} leads to ${refused}, which is nobody's to serve at.` };
  for (const address of addresses) {
    if ((await ask(address, host, options))?.trim() === proofText(options.token)) return { proof: 'http' };
  }
  return {
    problem: `${host} leads to ${addresses.join(', ')}, where this install does not answer on port ${options.port}.`,
  };
}
