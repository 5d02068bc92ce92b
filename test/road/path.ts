import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A PATH on which everything is found but Docker: a folder of links for each folder that has it, until this process ends. */
export function pathWithoutDocker(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders
    .map((folder) => {
      if (!existsSync(join(folder, 'docker')) && !existsSync(join(folder, 'dockerd'))) return folder;
      const copy = mkdtempSync(join(tmpdir(), 'containr-path-'));
      process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
      for (const name of readdirSync(folder))
        if (!/^docker/.test(name)) symlinkSync(join(folder, name), join(copy, name));
      return copy;
    })
    .join(delimiter);
}
