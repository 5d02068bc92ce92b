export { createJobs } from './jobs.ts';
export type { JobInfo, Jobs } from './jobs.ts';
