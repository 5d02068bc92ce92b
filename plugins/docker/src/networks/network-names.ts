/** Name of the bridge network of what belongs to no environment. */
export const networkName = 'containr';

/** Name of an environment's bridge network. */
export function privateNetworkName(install: string, environment: string): string {
  return `containr-${install.slice(0, 8)}-${environment}`;
}
