import { request } from '@containr/sdk/node-http';
import { connect } from 'node:net';
import { keepAsking } from '@containr/sdk/agent';
import type { CheckAnswer } from '@containr/sdk/agent';
import type { CheckResult } from '@containr/sdk/contracts';
import type { ProbeRequest } from './probe-capability.ts';
import { isAmong } from './status-ranges.ts';

/** Asks over the network, as the order's timing says. Never throws but for the signal. */
export function probe(order: ProbeRequest, signal: AbortSignal): Promise<CheckResult> {
  return keepAsking(
    order.timing,
    (patience) => (order.kind === 'http' ? askHttp(order, patience) : askTcp(order, patience)),
    signal,
  );
}

function askTcp(order: ProbeRequest, signal: AbortSignal): Promise<CheckAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: order.address, port: order.port });
    const end = (answer: CheckAnswer): void => {
      signal.removeEventListener('abort', late);
      socket.destroy();
      resolve(answer);
    };
    const late = (): void => end({ good: false, connected: false, status: null, error: 'no answer in time' });
    signal.addEventListener('abort', late, { once: true });
    socket.once('connect', () => end({ good: true, connected: true, status: null, error: null }));
    socket.once('error', (error) => end({ good: false, connected: false, status: null, error: error.message }));
  });
}

function askHttp(order: ProbeRequest, signal: AbortSignal): Promise<CheckAnswer> {
  return new Promise((resolve) => {
    let connected = false;
    const asked = request({
      host: order.address,
      port: order.port,
      path: order.path,
      method: 'GET',
      agent: false,
      headers: {
        host: `localhost:${order.port}`,
        'user-agent': 'containr-health',
        ...order.headers,
        connection: 'close',
      },
    });
    const late = (): void => void asked.destroy(new Error('no answer in time'));
    signal.addEventListener('abort', late, { once: true });
    const end = (answer: CheckAnswer): void => {
      signal.removeEventListener('abort', late);
      asked.destroy();
      resolve(answer);
    };
    asked.on('socket', (socket) => socket.once('connect', () => (connected = true)));
    asked.once('response', (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      const good = isAmong(status, order.statuses);
      end({ good, connected: true, status, error: good ? null : `status ${status}` });
    });
    asked.on('error', (error) => end({ good: false, connected, status: null, error: error.message }));
    asked.end();
  });
}
