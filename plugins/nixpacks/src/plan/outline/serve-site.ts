import type { OutlineContext } from './outline.ts';

/** The command that serves a folder of files: Caddy where its image is to be had, else the static server of this plugin. */
export function serveSite({ caddy, dialect }: OutlineContext, folder: string): { command: string } {
  if (!caddy) return { command: `node .containr/static-server.mjs ${folder}` };
  const file = dialect === 'nixpacks' ? '/assets/Caddyfile' : '/Caddyfile';
  return { command: `caddy run --config ${file} --adapter caddyfile 2>&1` };
}
