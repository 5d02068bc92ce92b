import { argumentsOf } from '@containr/sdk';

/**
 * What a cell's first shell reads from its standard input: the variables, then the command in its place. Neither is ever
 * an argument or a file, so that no other user of the node can read them. Names that a shell can't export are left out.
 */
export function cellScript(variables: Readonly<Record<string, string>>, command: string | readonly string[]): string {
  const exports = Object.entries(variables)
    .filter(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    .map(([name, value]) => `export ${name}=${quote(value)}`);
  return [...exports, `exec ${argumentsOf(command).map(quote).join(' ')} </dev/null`, ''].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
