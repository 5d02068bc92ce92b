import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { outgoingFetch } from './outgoing-fetch.ts';

async function failureOf(url: string): Promise<Error> {
  try {
    await outgoingFetch(url);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It did not fail');
}

describe('fetch of a trusted plugin', () => {
  it('says who could not be reached and why, and nothing of the path', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const error = await failureOf(`http://127.0.0.1:${port}/hook/secret`);
    expect(error).to.be.instanceOf(TypeError);
    expect(error.message).to.equal(
      `http://127.0.0.1:${port} could not be reached: connect ECONNREFUSED 127.0.0.1:${port}`,
    );
    expect(error.cause).to.include({ code: 'ECONNREFUSED' });
    expect((await failureOf(`http://localhost:${port}/`)).message).to.include('ECONNREFUSED');
  });

  it('leaves an answer and an abort as they are', async () => {
    expect(await (await outgoingFetch('data:text/plain,here')).text()).to.equal('here');
    const reason = new Error('enough');
    const aborted = await outgoingFetch('data:text/plain,here', { signal: AbortSignal.abort(reason) }).catch(
      (error: unknown) => error,
    );
    expect(aborted).to.equal(reason);
  });
});
