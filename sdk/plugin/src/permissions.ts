/** Everything inside one organisation: what its owner holds. `*` is everything on the install. */
export const wholeOrganisation = 'organisation:all';

/** What only an agent is for, and the console on the machine itself; no wildcard covers it. */
const forAgents = 'agent:act';

/** What acts on the install as a whole, so that no power over one organisation brings it. */
const overInstall = /^(?:install|key|setting):|^(?:account|node|plugin):manage$|^quota:write$|^clean-up:run$/;

/** Whether a permission reaches beyond one organisation. A plugin names such a one `install:…`. */
export function reachesInstall(permission: string): boolean {
  return permission === forAgents || (overInstall.test(permission) && permission !== 'install:read');
}

/** Whether a list of granted permissions covers one. */
export function covers(permissions: readonly string[], permission: string): boolean {
  if (permissions.includes(permission)) return true;
  if (permission === forAgents) return false;
  if (permissions.includes('*')) return true;
  return permissions.includes(wholeOrganisation) && permission !== '*' && !reachesInstall(permission);
}
