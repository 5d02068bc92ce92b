import { pathWithoutDocker } from '../road/path.ts';
import { describeChaos } from './describe-chaos.ts';

describeChaos('process', { CONTAINR_RUNTIME: 'process', PATH: pathWithoutDocker() });
