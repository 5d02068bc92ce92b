import { ContainrError } from '@containr/sdk';

/** The manifest promises a file, and there is nothing to build it from. */
export function missingSource(file: string, source: string): ContainrError {
  return new ContainrError({
    code: 'PLUGIN_SOURCE',
    status: 400,
    detail: `The manifest names ${file}, and its source ${source} is not there.`,
    hint: `Write ${source}, or take the entry out of the manifest.`,
  });
}
