import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContainrError } from '@containr/sdk';

/** Opens a text in the editor of `VISUAL` or `EDITOR` (`vi` without), in a file that only its owner reads; answers what was saved. */
export async function editText(name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'containr-edit-'));
  try {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    const [editor = 'vi', ...args] = (process.env['VISUAL'] || process.env['EDITOR'] || 'vi').split(/\s+/);
    const child = spawn(editor, [...args, path], { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code === 0) return await readFile(path, 'utf8');
    throw new ContainrError({
      code: 'EDITOR_FAILED',
      status: 400,
      detail: `The editor ${editor} ended with exit code ${String(code)}, so nothing was changed.`,
      hint: 'Set EDITOR to one that waits until the file is closed, for example EDITOR="code --wait".',
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
