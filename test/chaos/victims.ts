import type { Victim } from './subject.ts';

/** Whose death at a point is of interest: who stands there, and whoever it is just then talking with. */
export function victimsOf(point: string): readonly Victim[] {
  const [role, side, verb] = point.split(' ');
  const own: Victim = role === 'agent' ? 'agent' : 'control plane';
  if (verb === 'commit') return side === 'sent' ? ['postgres'] : ['control plane', 'postgres', 'agent'];
  if (verb === 'send' || verb === 'take') return ['control plane', 'agent'];
  if (verb === 'ask' && / \/(table|in-flight|healthz|certificates)$/.test(point)) return [own, 'ingress'];
  return [own];
}
