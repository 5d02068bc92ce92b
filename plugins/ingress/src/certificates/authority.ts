import { Agent } from 'node:https';
import type { Client } from 'acme-client';
import { ContainrError } from '@containr/sdk';

const requestMs = 30_000;

/** An account with an authority. */
export interface Account {
  /** `null`: not registered yet. */
  readonly url: string | null;
  /** PEM. */
  readonly key: string;
}

/** What an authority is asked for. */
export interface Ordering {
  readonly directory: string;
  /** Root certificate of a private authority, PEM. */
  readonly ca: string | null;
  readonly email: string | null;
  readonly account: Account;
  readonly host: string;
  readonly kind: 'http-01' | 'dns-01';
  /** Told as soon as there is an account. */
  readonly registered: (url: string) => Promise<void>;
  /** Makes the proof visible everywhere before it resolves; `text` is the answer's body (RFC 8555 8.3) or the record's value (8.4). */
  readonly present: (proof: { readonly token: string; readonly text: string }) => Promise<void>;
  readonly signal: AbortSignal;
}

/** A certificate as an authority gave it, with the key made for it. */
export interface Issued {
  /** PEM, leaf first. */
  readonly chain: string;
  /** PEM. */
  readonly key: string;
}

// Loaded when a first certificate is ordered: an install without any does not carry it in memory.
async function load(ca: string | null): Promise<typeof import('acme-client')> {
  const acme = await import('acme-client');
  acme.setLogger(() => undefined);
  acme.axios.defaults.timeout = requestMs;
  acme.axios.defaults.httpsAgent = ca === null ? undefined : new Agent({ ca });
  return acme;
}

/** A new account key, PEM. */
export async function newAccountKey(): Promise<string> {
  const { crypto } = await load(null);
  return (await crypto.createPrivateEcdsaKey()).toString();
}

async function register(client: Client, ordering: Ordering): Promise<void> {
  if (ordering.account.url !== null) return;
  await client.createAccount({
    termsOfServiceAgreed: true,
    ...(ordering.email === null ? {} : { contact: [`mailto:${ordering.email}`] }),
  });
  await ordering.registered(client.getAccountUrl());
}

async function authorise(client: Client, ordering: Ordering, order: Awaited<ReturnType<Client['createOrder']>>) {
  for (const authorisation of await client.getAuthorizations(order)) {
    if (authorisation.status === 'valid') continue;
    const challenge = authorisation.challenges.find(({ type }) => type === ordering.kind);
    if (!challenge)
      throw new ContainrError({
        code: 'ACME_CHALLENGE_MISSING',
        status: 502,
        detail: `The authority does not offer ${ordering.kind} for ${ordering.host}.`,
        hint: 'Use another authority, or bring a certificate of your own.',
      });
    const text = await client.getChallengeKeyAuthorization(challenge);
    await ordering.present({ token: challenge.token, text });
    ordering.signal.throwIfAborted();
    await client.completeChallenge(challenge);
    await client.waitForValidStatus(challenge);
  }
}

/** Orders a certificate (RFC 8555 7.4). Throws what the authority says. */
export async function orderCertificate(ordering: Ordering): Promise<Issued> {
  const acme = await load(ordering.ca);
  const client = new acme.Client({
    directoryUrl: ordering.directory,
    accountKey: ordering.account.key,
    ...(ordering.account.url === null ? {} : { accountUrl: ordering.account.url }),
    backoffAttempts: 15,
    backoffMin: 500,
    backoffMax: 10_000,
  });
  await register(client, ordering);
  ordering.signal.throwIfAborted();
  const order = await client.createOrder({ identifiers: [{ type: 'dns', value: ordering.host }] });
  await authorise(client, ordering, order);
  ordering.signal.throwIfAborted();
  const certificateKey = await acme.crypto.createPrivateEcdsaKey();
  const [, request] = await acme.crypto.createCsr({ altNames: [ordering.host] }, certificateKey);
  const finalised = await client.finalizeOrder(order, request);
  return { chain: await client.getCertificate(finalised), key: certificateKey.toString() };
}
