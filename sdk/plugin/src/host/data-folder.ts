import { homedir } from 'node:os';
import { join } from 'node:path';

/** The data folder of an install when no option names one: `CONTAINR_DATA`, else the usual place of this user. */
export function usualDataFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env['CONTAINR_DATA']) return env['CONTAINR_DATA'];
  if (process.getuid?.() === 0) return '/var/lib/containr';
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'containr');
}

/** Where the owner-only socket of the console is. */
export function consoleSocketOf(data: string): string {
  return join(data, 'console.sock');
}
