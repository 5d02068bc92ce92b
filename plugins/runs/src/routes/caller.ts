import type { Principal } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';

/** The organisation that a caller acts in. Throws `FORBIDDEN` when it names none. */
export function organisationOf(principal: Principal): string {
  if (principal.organisation !== null) return principal.organisation;
  throw new ContainrError({
    code: 'FORBIDDEN',
    status: 403,
    detail: 'Runs belong to an organisation, and none is named.',
    hint: 'Send the header Containr-Organisation.',
  });
}
