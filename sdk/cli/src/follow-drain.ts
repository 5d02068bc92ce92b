import { setTimeout as sleep } from 'node:timers/promises';
import { ContainrError } from '@containr/sdk';
import type { Api } from './api.ts';
import { Drain } from './node-documents.ts';

const pollMs = 500;

/** Follows a drain until the node is empty; says each change. Throws `DRAIN_ENDED` when somebody ended it. */
export async function followDrain(api: Api, node: string, tell: (line: string) => void): Promise<Drain> {
  for (let before = ''; ; await sleep(pollMs)) {
    const drain = (await api.all('/drains', Drain, { query: { node } }))[0];
    if (!drain || drain.state === 'ended')
      throw new ContainrError({
        code: 'DRAIN_ENDED',
        status: 409,
        detail: 'The machine is not being drained any more.',
        hint: 'What has moved stays where it is; drain it again to go on.',
      });
    const line = [`${drain.moved} moved, ${drain.left} left`, ...drain.waits].join('\n  ');
    if (line !== before) tell(line);
    before = line;
    if (drain.state === 'drained') return drain;
  }
}
