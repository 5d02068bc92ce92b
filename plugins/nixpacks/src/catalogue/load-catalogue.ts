import { readFile } from 'node:fs/promises';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { RuntimeCatalogue } from '../contract.ts';
import { defaultCatalogue } from './default-catalogue.ts';

/** The install's catalogue: a file's, or the built-in one. Throws `CATALOGUE_UNREADABLE` or `INVALID`. */
export async function loadCatalogue(file: string | null): Promise<RuntimeCatalogue> {
  if (file === null) return defaultCatalogue;
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new ContainrError({
      code: 'CATALOGUE_UNREADABLE',
      status: 500,
      detail: `The runtime catalogue ${file} can't be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: 'Correct the file, or unset CONTAINR_RUNTIME_CATALOGUE to use the built-in catalogue.',
      cause,
    });
  }
  return validate<RuntimeCatalogue>(RuntimeCatalogue, document, `The runtime catalogue ${file}`);
}
