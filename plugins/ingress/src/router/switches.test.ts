import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Bench } from '../../test/bench.ts';
import { ask, startBench, tableOf } from '../../test/bench.ts';
import { exitCodes } from '@containr/sdk/ingress';

const program = fileURLToPath(new URL('../programs/router.ts', import.meta.url));

async function control(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const request = httpRequest({ socketPath, method, path }).end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> };
}

describe('router: switches', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.stop());

  it('refuses an older table and what is not a table, and has a socket for its owner only', async () => {
    const path = join(bench.directory, 'r.sock');
    expect(await control(path, 'PUT', '/table', tableOf(5, []))).to.deep.equal({ status: 200, body: { revision: 5 } });
    const stale = await control(path, 'PUT', '/table', tableOf(4, []));
    expect([stale.status, stale.body['code']]).to.deep.equal([412, 'STALE']);
    expect((await control(path, 'PUT', '/table', { revision: 6, routes: [{}] })).status).to.equal(422);
    expect((await control(path, 'GET', '/table')).body['revision']).to.equal(5);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(JSON.parse(await readFile(join(bench.directory, 'table.json'), 'utf8'))).to.have.property('revision', 5);
  });
});

describe('router: the process', () => {
  it('serves from its file after a kill, ignores a hang-up, and names a port in use', async () => {
    const bench = await startBench();
    const directory = await mkdtemp(join(tmpdir(), 'router-process-'));
    const [socket, state] = [join(directory, 'r.sock'), join(directory, 'table.json')];
    const start = async (port: number) => {
      const child = spawn(
        process.execPath,
        [
          '--conditions=containr-src',
          program,
          '--port',
          String(port),
          '--host',
          '127.0.0.1',
          '--socket',
          socket,
          '--state',
          state,
        ],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      );
      const [line] = await once(child.stderr, 'data');
      return { child, said: JSON.parse(String(line).split('\n')[0] ?? '') as { port: number; message: string } };
    };
    const { upstream } = await bench.replica((_request, response) => void response.end('kept'));
    const first = await start(0);
    await control(socket, 'PUT', '/table', tableOf(3, [upstream]));
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const second = await start(first.said.port);
    second.child.kill('SIGHUP');
    const behind = { ...bench, router: { port: first.said.port } as Bench['router'] };
    expect((await ask(behind, '/')).body).to.equal('kept');
    const args = [
      '--conditions=containr-src',
      program,
      '--port',
      String(first.said.port),
      '--host',
      '127.0.0.1',
      '--socket',
      join(directory, 'other.sock'),
      '--state',
      state,
    ];
    const refused = await new Promise<{ code: unknown; text: string }>((resolve) =>
      execFile(process.execPath, args, (error, _out, text) => resolve({ code: error?.code, text })),
    );
    expect(refused.code).to.equal(exitCodes['PORT_IN_USE']);
    expect(refused.text).to.include('PORT_IN_USE');
    second.child.kill('SIGTERM');
    expect((await once(second.child, 'exit'))[0]).to.equal(0);
    await bench.stop();
    await rm(directory, { recursive: true });
  });
});
