import type { PluginContext } from '@containr/sdk';
import { conflict, defineSchema, Id } from '@containr/sdk';
import { requireFitting } from '../certificates/read-certificate.ts';
import { tellChanged, wantCertificate } from '../domains/claims.ts';
import { DomainDocument, showDomain } from '../domains/documents.ts';
import { findDomain } from '../domains/find.ts';
import { Certificate } from '../entities/certificate.entity.ts';
import { bumpCertificates, bumpRevision } from '../revision.ts';
import type { Settings } from '../settings.ts';

const ById = defineSchema({ type: 'object', properties: { id: Id }, required: ['id'], additionalProperties: false });

/** Certificates of custom domains: bring one's own, go back to ordered ones, renew now. */
export function certificateRoutes(ctx: PluginContext<Settings>, changed: () => void): void {
  ctx.http.route({
    method: 'PUT',
    path: '/domains/{id}/certificate',
    permission: 'domain:write',
    summary: 'Uses a certificate of your own for the host of a domain',
    params: ById,
    body: {
      type: 'object',
      properties: {
        /** PEM, leaf first. */
        chain: { type: 'string', minLength: 1, maxLength: 65_536 },
        /** PEM, without passphrase; it is never shown again. */
        key: { type: 'string', minLength: 1, maxLength: 16_384 },
      },
      required: ['chain', 'key'],
      additionalProperties: false,
    },
    response: DomainDocument,
    handler: async ({ params, body, principal }) => {
      const shown = await ctx.store.for(principal).transaction(async (unit) => {
        const { domain, host, certificate } = await findDomain(unit, params.id);
        const now = ctx.clock.now();
        const facts = requireFitting(host.host, body.chain, body.key, now);
        const id = certificate?.id ?? ctx.random.id();
        const row = {
          id,
          organisation: host.organisation,
          hostId: host.id,
          source: 'own' as const,
          state: 'valid' as const,
          chain: body.chain,
          key: ctx.secrets.seal(id, body.key),
          ...facts,
          problem: null,
          hint: null,
          tries: 0,
          nextTryAt: null,
          updatedAt: now,
        };
        const kept = await unit.em.upsert(Certificate, row);
        await bumpCertificates(unit);
        await bumpRevision(unit);
        await tellChanged(unit, host);
        return showDomain(domain, host, kept, ctx.settings.current, now);
      });
      changed();
      return shown;
    },
  });
  ctx.http.route({
    method: 'DELETE',
    path: '/domains/{id}/certificate',
    permission: 'domain:write',
    summary: 'Lets go of a certificate; one is ordered in its place where that is on',
    params: ById,
    response: DomainDocument,
    handler: async ({ params, principal }) => {
      const shown = await ctx.store.for(principal).transaction(async (unit) => {
        const { domain, host } = await findDomain(unit, params.id);
        await unit.em.nativeDelete(Certificate, { hostId: host.id });
        if (host.verifiedAt !== null) await wantCertificate(ctx, unit, host);
        await bumpCertificates(unit);
        await bumpRevision(unit);
        await tellChanged(unit, host);
        const next = await unit.em.findOne(Certificate, { hostId: host.id });
        return showDomain(domain, host, next ?? undefined, ctx.settings.current, ctx.clock.now());
      });
      changed();
      return shown;
    },
  });
  ctx.http.route({
    method: 'POST',
    path: '/domains/{id}/certificate/renew',
    permission: 'domain:write',
    summary: 'Orders a new certificate now; the present one serves until then',
    params: ById,
    response: DomainDocument,
    handler: async ({ params, principal }) => {
      const shown = await ctx.store.for(principal).transaction(async (unit) => {
        const { domain, host, certificate } = await findDomain(unit, params.id);
        if (ctx.settings.current.certificates === 'off')
          throw conflict(
            'CONFLICT_CERTIFICATES_OFF',
            'Certificates are not ordered by this install.',
            'Set certificates to acme in the settings of the ingress, or bring one of your own.',
          );
        if (host.verifiedAt === null)
          throw conflict(
            'CONFLICT_UNVERIFIED',
            `${host.host} is not shown to lead here yet.`,
            'Set its DNS records first, then check it.',
          );
        if (certificate?.source === 'own')
          throw conflict(
            'CONFLICT_OWN_CERTIFICATE',
            'The host has a certificate of your own.',
            'Give a new one, or let go of it first.',
          );
        if (certificate) {
          Object.assign(certificate, { problem: null, hint: null, nextTryAt: ctx.clock.now() });
          if (certificate.chain === null) certificate.state = 'waiting';
          certificate.updatedAt = ctx.clock.now();
        } else await wantCertificate(ctx, unit, host);
        const next = await unit.em.findOne(Certificate, { hostId: host.id });
        return showDomain(domain, host, next ?? undefined, ctx.settings.current, ctx.clock.now());
      });
      return shown;
    },
  });
}
