import { WebSocket } from 'ws';

/** What a hand-made agent says: a first message, or an answer to one method. */
export interface Play {
  readonly first?: unknown;
  readonly method?: string;
  readonly answer?: (params: { nonce: string }) => unknown;
}

/** Connects by hand and gives the code with which it is closed. */
export function closeCodeOf(origin: string, play: Play): Promise<number> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/v1/agents/connect`);
  if (play.first !== undefined) socket.once('open', () => socket.send(JSON.stringify(play.first)));
  socket.on('message', (text: Buffer) => {
    const message = JSON.parse(text.toString()) as { id: number; method: string; params: { nonce: string } };
    const { id, method, params } = message;
    if (method === play.method) socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: play.answer?.(params) }));
  });
  return new Promise((resolve) => socket.once('close', resolve));
}

/** What a promise was rejected with. */
export async function caught(work: Promise<unknown>): Promise<{ code?: string; hint?: string; status?: number }> {
  try {
    await work;
  } catch (error) {
    return error as { code?: string };
  }
  throw new Error('nothing was thrown');
}
