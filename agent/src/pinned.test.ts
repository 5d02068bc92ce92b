import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { createLogger } from '@containr/sdk/host';
import { CallCapability, closeCodes, openWire, Prove, SetHalves, Welcome } from '@containr/sdk/wire';
import { WebSocketServer } from 'ws';
import type { AgentProcess } from '../test/agent-process.ts';
import { makeFolder, startAgentProcess } from '../test/agent-process.ts';
import { caught } from '../test/by-hand.ts';

const node = '018f4a00-0000-7000-8000-000000000000';

describe('an agent that joined a control plane', function () {
  this.timeout(30_000);
  let folder: ReturnType<typeof makeFolder>;
  let agent: AgentProcess | undefined;

  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(async () => {
    await agent?.stop('SIGKILL');
    folder.remove();
  });

  it('takes no work from who can not prove that control plane’s key', async () => {
    const sockets = new WebSocketServer({ noServer: true });
    const server = createServer().listen(0, '127.0.0.1');
    server.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (open) => sockets.emit('connection', open)),
    );
    await once(server, 'listening');
    const control = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const data = join(folder.path, 'agent');
    mkdirSync(data);
    writeFileSync(join(data, 'identity.json'), JSON.stringify({ node, install: 'theirs' }));
    writeFileSync(join(data, 'join.json'), JSON.stringify({ control, pin: '0'.repeat(64) }));
    const connected = once(sockets, 'connection');
    agent = startAgentProcess({ data });
    const [socket] = await connected;
    const wire = openWire(socket, createLogger({ level: 'silent', name: 'impostor' }));
    wire.listen();
    const limit = { timeoutMs: 5000 };
    const proof = await wire.request(Prove, { nonce: 'n'.repeat(40) }, limit);
    expect(proof.challenge).to.match(/^[\w-]{43}$/);
    expect(await caught(wire.request(SetHalves, { halves: [] }, limit))).to.include({ code: 'CONTROL_PLANE_OTHER' });
    const call = wire.request(CallCapability, { capability: 'any', input: {} }, limit);
    expect(await caught(call)).to.include({ code: 'CONTROL_PLANE_OTHER' });
    const welcome = { install: 'theirs', node: { id: node, name: 'n', address: '127.0.0.1' }, bearer: 'ctra_x' };
    wire.request(Welcome, welcome, limit).catch(() => undefined);
    expect(await wire.closed).to.equal(closeCodes.notOurs);
    sockets.close();
    server.close();
    server.closeAllConnections();
  });
});
