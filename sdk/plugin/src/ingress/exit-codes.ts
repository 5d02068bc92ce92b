/** How the router's process says why it did not start. */
export const exitCodes: Readonly<Record<string, number>> & { readonly USAGE: number; readonly INTERNAL: number } = {
  USAGE: 64,
  INTERNAL: 70,
  PORT_IN_USE: 80,
  PORT_FORBIDDEN: 81,
  ADDRESS_INVALID: 82,
  ROUTER_RUNNING: 83,
};
