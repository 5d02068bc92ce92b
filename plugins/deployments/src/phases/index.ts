import type { PhaseName } from '../contract.ts';
import { build } from './build.ts';
import { health } from './health.ts';
import type { PhaseWork } from './phase-work.ts';
import { place } from './place.ts';
import { plan } from './plan.ts';
import { release } from './release.ts';
import { request } from './request.ts';
import { retire } from './retire.ts';
import { route } from './route.ts';
import { source } from './source.ts';
import { start } from './start.ts';
import { watch } from './watch.ts';

/** What is done in each phase. */
export const phaseWorks: Readonly<Record<PhaseName, PhaseWork>> = {
  request,
  source,
  plan,
  build,
  release,
  place,
  start,
  health,
  route,
  watch,
  retire,
};
