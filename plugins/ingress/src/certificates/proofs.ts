import type { Client, Contract, Methods, PluginContext } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { DnsChallenge } from '../contract.ts';
import { Challenge } from '../entities/challenge.entity.ts';
import { query } from '../query.ts';
import { bumpRevision } from '../revision.ts';
import type { Settings } from '../settings.ts';
import type { Spread } from '../spread.ts';

const reason = 'proofs for certificate authorities belong to no organisation';
const keptMs = 3600_000;

/** A way to show an authority that a host is ours; `clear` takes every trace away. */
export interface ProofWay {
  readonly kind: 'http-01' | 'dns-01';
  readonly present: (proof: { readonly token: string; readonly text: string }) => Promise<void>;
  readonly clear: () => Promise<void>;
}

function byHttp(ctx: PluginContext<Settings>, spread: Spread, host: string): ProofWay {
  const store = ctx.store.system(reason);
  return {
    kind: 'http-01',
    async present({ token, text }) {
      await store.transaction(async (unit) => {
        const path = `/.well-known/acme-challenge/${token}`;
        const until = new Date(ctx.clock.now().getTime() + keptMs);
        await unit.em.upsert(Challenge, { host, path, body: text, until });
        await bumpRevision(unit);
      });
      await spread.apply();
    },
    async clear() {
      await store.transaction(async (unit) => {
        const gone = await query(unit, 'delete from challenges where host = ? or until < ? returning host', [
          host,
          ctx.clock.now(),
        ]);
        if (gone.length > 0) await bumpRevision(unit);
      });
    },
  };
}

type DnsClient = typeof DnsChallenge extends Contract<infer M extends Methods> ? Client<M> : never;

function byDns(ctx: PluginContext<Settings>, client: DnsClient, name: string): ProofWay {
  const values: string[] = [];
  const call = { principal: ctx.principal(null) };
  return {
    kind: 'dns-01',
    async present({ text: value }) {
      values.push(value);
      await client.present({ name, value }, call);
    },
    async clear() {
      for (const value of values) await client.remove({ name, value }, call);
    },
  };
}

/** The way for a host: DNS for a wildcard, HTTP for everything else. Throws `DNS_PROVIDER_MISSING`. */
export async function wayFor(ctx: PluginContext<Settings>, spread: Spread, host: string): Promise<ProofWay> {
  if (!host.startsWith('*.')) return byHttp(ctx, spread, host);
  const name = `_acme-challenge.${host.slice(2)}`;
  for (const provider of ctx.services.providers(DnsChallenge)) {
    const { covers } = await provider.client.covers({ name }, { principal: ctx.principal(null) });
    if (covers) return byDns(ctx, provider.client, name);
  }
  throw new ContainrError({
    code: 'DNS_PROVIDER_MISSING',
    status: 409,
    detail: `A certificate for ${host} needs a DNS record, and no plugin can write one there.`,
    hint: 'Enable a plugin for the DNS service of that domain, or bring a certificate of your own.',
  });
}
