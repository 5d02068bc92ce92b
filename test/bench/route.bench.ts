import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { validate } from '@containr/sdk/host';
import { median, row } from './measure.ts';

/**
 * CPU per request of a bare Fastify route with the same validation and authentication ÷ ours. Rounds are short and stand
 * as bare, ours, ours, bare, so that what else the machine does meets both alike; each four give a ratio, and the row is
 * the median of 40.
 */
const Ports = {
  type: 'object',
  properties: { bare: { type: 'integer' }, ours: { type: 'integer' }, token: { type: 'string' } },
  required: ['bare', 'ours', 'token'],
} as const;
const Usage = { type: 'object', properties: { cpu: { type: 'number' } }, required: ['cpu'] } as const;
const requests = 1500;
const warmUp = 6000;
const turns = 40;
const connections = 16;

const server = fork(new URL('./route-server.ts', import.meta.url), {
  execArgv: ['--max-semi-space-size=16', '--disable-warning=ExperimentalWarning'],
});
async function hear(): Promise<unknown> {
  const answer: unknown[] = await once(server, 'message');
  return answer[0];
}
const { bare, ours, token } = validate<{ bare: number; ours: number; token: string }>(Ports, await hear(), 'The ports');

async function cpu(): Promise<number> {
  const heard = hear();
  server.send('cpu');
  return validate<{ cpu: number }>(Usage, await heard, 'The usage').cpu;
}

function load(port: number, count: number): Promise<unknown> {
  const text = `GET /api/v1/things?limit=10&search=abc HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`;
  let left = count;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', next);
      function next(): void {
        left -= 1;
        if (left >= 0) return void socket.write(text);
        socket.end();
        resolve();
      }
      socket.setEncoding('latin1').on('error', reject);
      socket.on('data', (chunk: string) => {
        answer += chunk;
        const end = answer.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(answer)?.[1]);
        if (answer.length < end + 4 + length) return;
        if (!answer.startsWith('HTTP/1.1 200')) return reject(new Error(answer.slice(0, 300)));
        answer = '';
        next();
      });
    });
  return Promise.all(Array.from({ length: connections }, one));
}

async function used(port: number): Promise<number> {
  const before = await cpu();
  await load(port, requests);
  return (await cpu()) - before;
}

for (const port of [bare, ours, bare, ours]) await load(port, warmUp);
const ratios: number[] = [];
for (let turn = 0; turn < turns; turn += 1) {
  const first = await used(bare);
  const between = (await used(ours)) + (await used(ours));
  ratios.push((first + (await used(bare))) / between);
}
row('route', median(ratios), 'ratio', '>=0.95');
server.disconnect();
await once(server, 'exit');
