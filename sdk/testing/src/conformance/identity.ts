import type { Client, Infer, Principal } from '@containr/sdk';
import type { Credentials, Identity } from '@containr/sdk/contracts';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';

type Proof = Infer<typeof Credentials>;

/** A provider of identities under test, with one person in one organisation. */
export interface IdentitySubject {
  /** As the platform gives it: what it takes and answers is checked against the contract's schemas. */
  readonly identity: Client<NonNullable<(typeof Identity)['accepts']>>;
  readonly principal: Principal;
  /** Proofs of the same person that are valid, by how they prove. */
  readonly proofs: Readonly<Partial<Record<'cookie' | 'bearer' | 'basic', Pick<Proof, 'authorization' | 'cookies'>>>>;
  /** The person's organisation. */
  readonly organisation: { readonly id: string; readonly slug: string };
  /** Makes every proof invalid, as signing out everywhere and revoking tokens do. */
  revoke(): Promise<void>;
  /** Ends everything. */
  remove(): Promise<void>;
}

const wrong: Readonly<Record<string, Pick<Proof, 'authorization' | 'cookies'>>> = {
  nothing: { authorization: null, cookies: {} },
  'a token that nobody has': { authorization: `Bearer ctr_${'x'.repeat(43)}`, cookies: {} },
  'a scheme that nobody knows': { authorization: 'Moon abc', cookies: {} },
  'a header that is no proof': { authorization: 'Bearer', cookies: {} },
  'Basic that is no base64': { authorization: 'Basic %%%', cookies: {} },
  'a cookie of somebody else': { authorization: null, cookies: { session: 'x', containr_session: 'x'.repeat(43) } },
};

/**
 * What every provider of identities must do.
 *
 * @example identityConformance('auth', () => openSubject());
 */
export function identityConformance(name: string, open: () => Promise<IdentitySubject>): void {
  describe(`The contract of identities: ${name}`, function () {
    this.timeout(60_000);
    let subject: IdentitySubject;

    before(async () => {
      subject = await open();
    });
    after(() => subject?.remove());

    async function who(proof: Pick<Proof, 'authorization' | 'cookies'>, organisation: string | null = null) {
      const credentials = { ...proof, organisation, address: '192.0.2.1' };
      return (await subject.identity.authenticate(credentials, { principal: subject.principal })).principal;
    }
    const proofs = () => Object.entries(subject.proofs);

    for (const [what, proof] of Object.entries(wrong))
      it(`knows nobody by ${what}`, async () => {
        expect(await who(proof)).to.equal(null);
      });

    it('knows a person by each proof, and says how they proved it', async () => {
      expect(proofs()).not.to.deep.equal([]);
      for (const [via, proof] of proofs()) {
        const found = await who(proof);
        expect(found, via).to.include({ via, organisation: subject.organisation.id });
        expect(found?.id, via).to.match(/\S/);
        expect(found?.permissions, via).to.be.an('array');
      }
    });

    it('says the same each time, also when asked at the same time', async () => {
      for (const [via, proof] of proofs()) {
        const all = await Promise.all([who(proof), who(proof), who(proof)]);
        for (const one of all) expect(one, via).to.deep.equal(all[0]);
      }
    });

    it('acts in the organisation that is named, and refuses one that the person is not in', async () => {
      for (const [via, proof] of proofs()) {
        expect(await who(proof, subject.organisation.slug), via).to.include({ organisation: subject.organisation.id });
        const thrown: unknown = await who(proof, 'somebody-elses').then(
          () => null,
          (error: unknown) => error,
        );
        expect(thrown, via).to.include({ code: 'NOT_FOUND', status: 404 });
      }
    });

    it('finds an organisation by its slug, and nothing by another', async () => {
      const call = { principal: subject.principal };
      expect(await subject.identity.organisation({ slug: subject.organisation.slug }, call)).to.deep.equal({
        id: subject.organisation.id,
      });
      expect(await subject.identity.organisation({ slug: 'somebody-elses' }, call)).to.deep.equal({ id: null });
    });

    it('knows nobody by a proof that was revoked', async () => {
      await subject.revoke();
      for (const [via, proof] of proofs()) if (via !== 'basic') expect(await who(proof), via).to.equal(null);
    });
  });
}
