export { claimFolder } from './claim.ts';
export { adoptDatabase, startCluster } from './cluster.ts';
export type { Cluster } from './cluster.ts';
export { findHome } from './home.ts';
