import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** A PATH on which everything is found but Docker: a folder of links for each folder that has it. */
export function pathWithoutDocker(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders
    .map((folder) => {
      if (!existsSync(join(folder, 'docker')) && !existsSync(join(folder, 'dockerd'))) return folder;
      const copy = mkdtempSync(join(tmpdir(), 'containr-path-'));
      mkdirSync(copy, { recursive: true });
      for (const name of readdirSync(folder))
        if (!/^docker/.test(name)) symlinkSync(join(folder, name), join(copy, name));
      return copy;
    })
    .join(delimiter);
}
