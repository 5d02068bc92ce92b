import { ContainrError } from '@containr/sdk';

/** Why no plan can be made; a cause code of deployments. */
export function planError(
  code: 'PLAN_NOT_FOUND' | 'SOURCE_EMPTY' | 'BUILDER_NEEDS_ENGINE',
  detail: string,
  hint: string,
): ContainrError {
  return new ContainrError({ code, status: 422, detail, hint });
}
