import type { Victim } from './subject.ts';

/** Whose death at a point is of interest: who stands there, and whoever it is just then talking with. */
export function victimsOf(point: string): readonly Victim[] {
  const [role, side, verb] = point.split(' ');
  const own: Victim = role === 'agent' ? 'agent' : 'control plane';
  if (isOfEngine(point)) return ['agent', 'engine', 'control plane'];
  if (verb === 'commit') return side === 'sent' ? ['postgres'] : ['control plane', 'postgres', 'agent'];
  if (verb === 'send' || verb === 'take') return ['control plane', 'agent'];
  if (verb === 'ask') return [own, 'ingress'];
  return [own];
}

/** Whether something is asked of the container engine there: over a local socket too, as of the ingress. */
export function isOfEngine(point: string): boolean {
  return / ask /.test(point) && !/ \/(table|in-flight|healthz|certificates|_ping)$/.test(point);
}
