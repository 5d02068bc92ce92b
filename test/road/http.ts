import { Agent, request } from 'node:http';

/** An answer of an app or of the API. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** GET of a URL whose host name need not resolve: connects to 127.0.0.1 and names the host. */
export function get(url: string, agent?: Agent): Promise<Answer> {
  const { hostname, port, host, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: hostname.endsWith('localhost') ? '127.0.0.1' : hostname,
        port,
        path: pathname + search,
        headers: { host },
        timeout: 15_000,
        ...(agent ? { agent } : {}),
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        incoming
          .on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }))
          .on('error', reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in 15 s')));
    outgoing.on('error', reject).end();
  });
}

/** What an open-loop load saw. */
export interface LoadResult {
  sent: number;
  readonly failures: string[];
  readonly texts: Map<string, number>;
}

/** Asks a URL at a fixed rate, keep-alive, without waiting for answers and without retries, until told to stop. */
export function startLoad(url: string, perSecond: number): { readonly seen: LoadResult; stop(): Promise<LoadResult> } {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const result: LoadResult = { sent: 0, failures: [], texts: new Map() };
  const open = new Set<Promise<void>>();
  const begun = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    while (result.sent < due) {
      result.sent += 1;
      const at = Math.round(performance.now() - begun);
      const one: Promise<void> = get(url, agent)
        .then(
          (answer) => {
            if (answer.status !== 200)
              result.failures.push(`${at} ms: status ${answer.status}: ${answer.text.slice(0, 100)}`);
            else result.texts.set(answer.text, (result.texts.get(answer.text) ?? 0) + 1);
          },
          (error: unknown) =>
            void result.failures.push(`${at} ms: ${error instanceof Error ? error.message : String(error)}`),
        )
        .finally(() => open.delete(one));
      open.add(one);
    }
  }, 5);
  return {
    seen: result,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
      return result;
    },
  };
}
