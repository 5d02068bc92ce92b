import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { discover } from '@containr/kernel';

const folder = fileURLToPath(new URL('../../plugins/', import.meta.url));

/** How each token is imported, `import { DeployGate } from '…'`, by its type and name (`hook deploy.gate`). */
export async function tokenExports(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const note = (module: object, specifier: string): void => {
    for (const [name, value] of Object.entries(module)) {
      const token: unknown = value;
      if (isToken(token))
        found.set(
          `${token.type === 'contract' ? 'service' : token.type} ${token.name}`,
          `import { ${name} } from '${specifier}'`,
        );
    }
  };
  note(await import('@containr/sdk/contracts'), '@containr/sdk/contracts');
  for (const { name } of await discover(folder)) {
    const contract = join(folder, name, 'src/contract.ts');
    if (!existsSync(contract)) continue;
    note((await import(pathToFileURL(contract).href)) as object, `@containr/plugin-${name}/contract`);
  }
  return found;
}

function isToken(value: unknown): value is { readonly type: string; readonly name: string } {
  return typeof value === 'object' && value !== null && 'type' in value && 'name' in value;
}
