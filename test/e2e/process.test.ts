import { pathWithoutDocker } from '../road/path.ts';
import { describeRoad } from './road.ts';

describeRoad('process', { PATH: pathWithoutDocker() });
