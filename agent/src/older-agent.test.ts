import { generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { createLogger } from '@containr/sdk/host';
import type { Wire } from '@containr/sdk/wire';
import { defineMethod, openWire, proofText, Prove, SetHalves, Welcome } from '@containr/sdk/wire';
import { testDatabase } from '@containr/testing';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { makeFolder, until } from '../test/agent-process.ts';
import { startControlPlane } from '../test/control-plane.ts';
import { Echo, writeHalf } from '../test/half.ts';

const text = { type: 'string' } as const;
/** What an agent of the version before takes: halves that run apart are nothing to it. */
const OlderHalves = defineSchema({
  type: 'object',
  properties: {
    halves: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          ...{ plugin: text, version: text, sha256: text },
          programs: { type: 'object', additionalProperties: text },
        },
        required: ['plugin', 'version', 'sha256', 'programs'],
        additionalProperties: false,
      },
    },
  },
  required: ['halves'],
  additionalProperties: false,
});

describe('an agent of the version before', function () {
  this.timeout(30_000);

  it('is given the halves of trusted plugins, and none that is to run apart', async () => {
    const folder = makeFolder();
    const database = await testDatabase();
    const file = join(folder.path, 'half.mjs');
    writeHalf(file, 'v1');
    const half = { version: '1.0.0', file, programs: {} };
    const apart = { segments: ['hostiles'], provides: [] };
    const control = await startControlPlane(database, () => [
      { plugin: 'hostile', ...half, apart },
      { plugin: 'test', ...half },
    ]);
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { token } = await control.gateway.createToken();
    const machine = { address: '127.0.0.1', cpus: 1, memoryBytes: 1 };
    const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const enrolled = await fetch(`${control.origin}/api/v1/agents/enrol`, {
      method: 'POST',
      body: JSON.stringify({ token, name: 'older', publicKey: key, ...machine }),
    });
    const { node } = (await enrolled.json()) as { node: string };
    const given: Infer<typeof OlderHalves>[] = [];
    const socket = new WebSocket(`${control.origin.replace('http', 'ws')}/api/v1/agents/connect`);
    const wire: Wire = openWire(socket, createLogger({ level: 'silent' }));
    wire.handle(Prove, async ({ nonce }) => ({
      node,
      signature: sign(null, proofText(node, nonce), privateKey).toString('base64'),
      machine,
    }));
    wire.handle(Welcome, async () => ({}));
    wire.handle(defineMethod('halves', OlderHalves, SetHalves.result), async (halves) => {
      given.push(halves);
      return { capabilities: [Echo.name], failures: [] };
    });
    wire.listen();
    await until('it is known by what it serves', async () =>
      (await control.agents.nodes()).some(({ capabilities }) => capabilities.includes(Echo.name)),
    );
    expect(given.map(({ halves }) => halves.map(({ plugin }) => plugin))).to.deep.equal([['test']]);
    wire.close();
    await wire.closed;
    await control.stop();
    await database.stop();
    folder.remove();
  });
});
