import type { NodeInfo } from '@containr/sdk';
import { ingressCapabilities } from '@containr/sdk/contracts';

/** Ingresses that a node may have. */
export const drivers = ['builtin', 'haproxy'] as const;
export type Driver = (typeof drivers)[number];

type Capabilities = ReturnType<typeof ingressCapabilities>;

/** What each is called by. */
export const capabilitiesOf: Readonly<Record<Driver, Capabilities>> = {
  builtin: ingressCapabilities<string>('builtin'),
  haproxy: ingressCapabilities<string>('haproxy'),
};

/** Whether a node is heard from and has an ingress of this kind. */
export function offers(node: NodeInfo, driver: Driver): boolean {
  return node.state !== 'unknown' && node.capabilities.includes(capabilitiesOf[driver].apply.name);
}

/** Whether a node says that it lacks what a driver needs; one that says nothing of it may not have come to it yet. */
export function lacks(node: NodeInfo, driver: Driver): boolean {
  return !offers(node, driver) && node.capabilities.includes(capabilitiesOf[driver].leave.name);
}

/** What else may still carry requests there, and is to leave. */
export function othersThan(node: NodeInfo, driver: Driver): readonly Driver[] {
  return drivers.filter((other) => other !== driver && node.capabilities.includes(capabilitiesOf[other].leave.name));
}
