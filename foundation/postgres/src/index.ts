export { claimFolder, dataInUse } from './claim.ts';
export { adoptDatabase, startCluster } from './cluster.ts';
export type { Cluster } from './cluster.ts';
export { findHome } from './home.ts';
export type { EndSteps, Keeper, Kept, KeptCommand } from './keeper.ts';
