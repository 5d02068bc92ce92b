import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbeRequest, ProbeResult } from './probe-capability.ts';

/** Right after the start it is asked this often, so that a fast start is seen fast. */
const eagerMs = 50;
const eagerForMs = 3000;

interface Answer {
  readonly good: boolean;
  readonly connected: boolean;
  readonly status: number | null;
  readonly error: string | null;
}

/** Asks until the first good answer, the end of the start period, or the signal. Never throws but for the signal. */
export async function probe(order: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> {
  const startedAt = performance.now();
  const elapsed = (): number => Math.round(performance.now() - startedAt);
  const result = {
    healthy: false,
    connected: false,
    lastStatus: null as number | null,
    lastError: null as string | null,
    attempts: 0,
    tookMs: 0,
  };
  for (;;) {
    signal.throwIfAborted();
    const answer = order.kind === 'http' ? await askHttp(order, signal) : await askTcp(order, signal);
    result.attempts++;
    result.connected ||= answer.connected;
    result.lastStatus = answer.status ?? result.lastStatus;
    result.lastError = answer.error;
    result.tookMs = elapsed();
    if (answer.good) return { ...result, healthy: true };
    if (result.tookMs >= order.startPeriodMs) return result;
    await sleep(Math.min(elapsed() < eagerForMs ? eagerMs : order.intervalMs, order.intervalMs), undefined, { signal });
  }
}

function askTcp(order: ProbeRequest, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host: order.address, port: order.port, signal });
    const end = (answer: Answer): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(order.timeoutMs, () =>
      end({ good: false, connected: false, status: null, error: 'no answer in time' }),
    );
    socket.once('connect', () => end({ good: true, connected: true, status: null, error: null }));
    socket.once('error', (error) => end({ good: false, connected: false, status: null, error: error.message }));
  });
}

function askHttp(order: ProbeRequest, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    let connected = false;
    const asked = request({
      host: order.address,
      port: order.port,
      path: order.path,
      method: 'GET',
      agent: false,
      signal,
      headers: { host: `localhost:${order.port}`, 'user-agent': 'containr-health', connection: 'close' },
    });
    const late = setTimeout(() => asked.destroy(new Error('no answer in time')), order.timeoutMs);
    const end = (answer: Answer): void => {
      clearTimeout(late);
      asked.destroy();
      resolve(answer);
    };
    asked.on('socket', (socket) => socket.once('connect', () => (connected = true)));
    asked.once('response', (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      end({ good: status >= 200 && status < 400, connected: true, status, error: null });
    });
    asked.on('error', (error) => end({ good: false, connected, status: null, error: error.message }));
    asked.end();
  });
}
