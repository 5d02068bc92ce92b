import type { UnitOfWork } from '@containr/sdk';
import { Change } from '../entities/change.entity.ts';
import { Variable } from '../entities/variable.entity.ts';
import { VariableText } from '../entities/variable-text.entity.ts';
import { VariableVersion } from '../entities/variable-version.entity.ts';

/** Deletes what is kept of the variables of these owners, their history and what is staged too: secrets go with them. */
export async function forgetVariables({ em }: UnitOfWork, owners: readonly string[]): Promise<void> {
  const owner = { $in: [...owners] };
  await em.nativeDelete(Variable, { owner });
  await em.nativeDelete(VariableVersion, { owner });
  await em.nativeDelete(VariableText, { owner });
  await em.nativeDelete(Change, { $or: [{ owner }, { environment: owner }] });
}
