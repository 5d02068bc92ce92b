import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ApiError, createClient } from './index.ts';

describe('client', () => {
  let server: Server;
  let origin: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  before(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('sends token, organisation and query, and reads JSON', async () => {
    let seen: IncomingMessage | undefined;
    answer = (request, response) => {
      seen = request;
      response.setHeader('content-type', 'application/json').end('{"items":[1],"nextCursor":null}');
    };
    const client = createClient({ origin, token: 'ctr_x', organisation: 'default' });
    const page = await client.request<{ items: number[] }>('GET', '/projects', {
      query: { limit: 2, search: undefined, status: ['live', 'failed'] },
    });
    expect(page.items).to.deep.equal([1]);
    expect(seen?.url).to.equal('/api/v1/projects?limit=2&status=live%2Cfailed');
    expect(seen?.headers.authorization).to.equal('Bearer ctr_x');
    expect(seen?.headers['containr-organisation']).to.equal('default');
  });

  it('turns a problem document into an ApiError', async () => {
    answer = (_, response) => {
      response.writeHead(422, { 'content-type': 'application/problem+json' });
      response.end(
        JSON.stringify({
          status: 422,
          title: 'Invalid',
          detail: 'Name is missing.',
          code: 'INVALID',
          hint: 'Give a name.',
          errors: [{ path: '/name', message: 'is missing' }],
          requestId: 'r1',
        }),
      );
    };
    const failure = await createClient({ origin })
      .request('POST', '/projects', { body: {} })
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ApiError);
    expect(failure).to.include({
      code: 'INVALID',
      status: 422,
      detail: 'Name is missing.',
      hint: 'Give a name.',
      requestId: 'r1',
    });
  });

  it('says UNREACHABLE when nothing answers', async () => {
    const failure = await createClient({ origin: 'http://127.0.0.1:1' })
      .request('GET', '/projects')
      .catch((error: unknown) => error);
    expect(failure).to.include({ code: 'UNREACHABLE', status: 0 });
  });

  it('walks all pages of a list', async () => {
    answer = (request, response) => {
      response.end(
        request.url?.includes('cursor=b') ? '{"items":[3],"nextCursor":null}' : '{"items":[1,2],"nextCursor":"b"}',
      );
    };
    const seen: number[] = [];
    for await (const item of createClient({ origin }).list<number>('/projects')) seen.push(item);
    expect(seen).to.deep.equal([1, 2, 3]);
  });

  it('resumes a stream after a loss, right after the last event', async () => {
    const lastIds: (string | undefined)[] = [];
    answer = (request, response) => {
      const last = request.headers['last-event-id'];
      lastIds.push(typeof last === 'string' ? last : undefined);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (lastIds.length === 1) {
        response.write('retry: 1\n\nid: 1\nevent: a\ndata: {"n":1}\n\n: still here\n\nid: 2\r\ndata: {"n":');
        response.write('2}\r\n\r\n', () => response.destroy());
      } else response.end('id: 3\ndata: {"n":3}\n\nevent: end\ndata: {}\n\n');
    };
    const states: string[] = [];
    const seen: unknown[] = [];
    for await (const event of createClient({ origin }).stream('/events', {
      onState: (state) => states.push(state.state),
    }))
      seen.push([event.id, event.event, event.data]);
    expect(seen).to.deep.equal([
      ['1', 'a', { n: 1 }],
      ['2', 'message', { n: 2 }],
      ['3', 'message', { n: 3 }],
    ]);
    expect(lastIds).to.deep.equal([undefined, '2']);
    expect(states).to.deep.equal(['open', 'lost', 'open']);
  });

  it('throws a refusal of a stream instead of trying for ever', async () => {
    answer = (_, response) => {
      response
        .writeHead(403, { 'content-type': 'application/problem+json' })
        .end('{"code":"FORBIDDEN","detail":"No."}');
    };
    const failure = await (async () => {
      for await (const event of createClient({ origin }).stream('/events')) return event;
      return null;
    })().catch((error: unknown) => error);
    expect(failure).to.include({ code: 'FORBIDDEN', status: 403 });
  });
});
