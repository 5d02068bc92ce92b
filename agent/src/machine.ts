import { connect } from 'node:net';
import { cpus, totalmem } from 'node:os';
import type { Machine } from '@containr/sdk/wire';

const loopback = '127.0.0.1';
const connectMs = 5000;

/** What this machine is made of; `address` is worked out from the way to the control plane unless it is given. */
export async function describeMachine(control: string, address: string | undefined): Promise<Machine> {
  return {
    address: address ?? (await addressTowards(new URL(control))),
    cpus: cpus().length || 1,
    memoryBytes: totalmem(),
  };
}

function addressTowards({ hostname, port, protocol }: URL): Promise<string> {
  if (hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')) return Promise.resolve(loopback);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || (protocol === 'https:' ? 443 : 80)),
      timeout: connectMs,
    });
    const end = (): void => {
      resolve(socket.localAddress ?? loopback);
      socket.destroy();
    };
    for (const event of ['connect', 'error', 'timeout'] as const) socket.once(event, end);
  });
}
