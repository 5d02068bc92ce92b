import type { Noted, Token } from './ledger.ts';

/** Which plugin defines or provides a token, by what all plugins noted; `kernel` where the kernel says so itself. */
export function ownersOf(
  plugins: readonly { readonly plugin: string; readonly noted: readonly Noted[] }[],
): (token: Token) => string | null {
  const owners = new Map<string, string>();
  for (const { plugin, noted } of plugins)
    for (const { role, token } of noted)
      if (role === 'defines' || role === 'provides') owners.set(`${token.type} ${token.name}`, plugin);
  return (token) => owners.get(`${token.type} ${token.name}`) ?? null;
}
