import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { proofText } from '@containr/sdk/wire';
import { WebSocket } from 'ws';

/**
 * Many agents in one process, as the wire sees them: each has a key, proves it, loads nothing, and pings as an agent does.
 * Argument: how many. Tells the parent who they are, connects when the parent gives the origin, and says when all are ready.
 */
const together = 100;
const pingMs = 5000;
const machine = { address: '127.0.0.1', cpus: 1, memoryBytes: 1_073_741_824 };

interface Asked {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly nonce?: string };
}

const agents = Array.from({ length: Number(process.argv[2]) }, () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    node: randomUUID(),
    key: privateKey,
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  };
});
process.send?.(agents.map(({ node, publicKey }) => ({ node, publicKey })));
const [origin] = (await once(process, 'message')) as [string];
process.once('disconnect', () => process.exit());

const waiting = [...agents];
await Promise.all(
  Array.from({ length: together }, async () => {
    for (let agent = waiting.pop(); agent; agent = waiting.pop()) await connect(agent.node, agent.key);
  }),
);
process.send?.('ready');

function connect(node: string, key: KeyObject): Promise<void> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/v1/agents/connect`, { perMessageDeflate: false });
  let heardAt = performance.now();
  for (const event of ['message', 'ping', 'pong'] as const) socket.on(event, () => (heardAt = performance.now()));
  setInterval(() => {
    if (socket.readyState === socket.OPEN && performance.now() - heardAt > pingMs * 0.9) socket.ping();
  }, pingMs);
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', (code) => reject(new Error(`An agent was closed with ${code}`)));
    socket.on('message', (text: Buffer) => {
      const { id, method, params } = JSON.parse(text.toString()) as Asked;
      const say = (result: unknown): void => socket.send(JSON.stringify({ jsonrpc: '2.0', id, result }));
      if (method === 'prove')
        say({ node, signature: sign(null, proofText(node, params?.nonce ?? ''), key).toString('base64'), machine });
      else if (method === 'halves') say({ capabilities: [], failures: [] });
      else if (method === 'ready') resolve();
      else if (id !== undefined) say({});
    });
  });
}
