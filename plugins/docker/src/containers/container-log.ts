import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeLogEntry } from '@containr/sdk/contracts';
import { asking, refusalStatus } from '../engine.ts';
import type { Engine } from '../engine.ts';
import { outputLines } from './output-frames.ts';

const againMs = 300;

/** A place in a container's log: the engine's time stamp, and how many lines with this one were seen. */
interface Place {
  readonly stamp: string;
  readonly seen: number;
}

/** Follows a container's log from right after `cursor`, over restarts; ends when it has ended for good, is gone, or at the signal. */
export async function* containerLog(
  engine: Engine,
  name: string,
  cursor: string | null,
  signal: AbortSignal,
): AsyncGenerator<RuntimeLogEntry> {
  let place = parse(cursor);
  while (!signal.aborted) {
    // Asked first: what was written until then is in the log that is read after.
    const final = await hasEnded(engine, name);
    if (final === null) return;
    const repeated = { ...place };
    let skip = repeated.seen;
    for await (const line of read(engine, name, place, signal)) {
      const space = line.text.indexOf(' ');
      const stamp = line.text.slice(0, space);
      if (stamp === repeated.stamp && skip > 0) {
        skip -= 1;
        continue;
      }
      place = { stamp, seen: stamp === place.stamp ? place.seen + 1 : 1 };
      yield {
        at: new Date(stamp).toISOString(),
        stream: line.stream,
        text: line.text.slice(space + 1),
        cursor: `${place.stamp} ${place.seen}`,
      };
      if (signal.aborted) return;
    }
    if (final) return;
    await sleep(againMs, undefined, { signal }).catch(() => undefined);
  }
}

function parse(cursor: string | null): Place {
  const [stamp = '', seen = '0'] = (cursor ?? '').split(' ');
  return { stamp, seen: Number(seen) };
}

// Seconds and nanoseconds since 1970, as the engine wants them back.
function sinceOf(stamp: string): string {
  const nanoseconds = /\.(\d{1,9})/.exec(stamp)?.[1] ?? '';
  return `${Math.floor(Date.parse(stamp) / 1000)}.${nanoseconds.padEnd(9, '0')}`;
}

// `null`: gone.
async function hasEnded(engine: Engine, name: string): Promise<boolean | null> {
  try {
    const { State: now } = await asking(() => engine.api.getContainer(name).inspect());
    return !now.Running && !now.Restarting && now.Status !== 'created';
  } catch (error) {
    if (refusalStatus(error) === 404) return null;
    throw error;
  }
}

async function* read(engine: Engine, name: string, place: Place, signal: AbortSignal) {
  const query = new URLSearchParams({
    follow: '1',
    stdout: '1',
    stderr: '1',
    timestamps: '1',
    ...(place.stamp === '' ? {} : { since: sinceOf(place.stamp) }),
  });
  const response = await asking(() => engine.open(`/containers/${name}/logs?${query}`, signal)).catch(
    (error: unknown) => {
      if (signal.aborted || refusalStatus(error) === 404 || refusalStatus(error) === 409) return null;
      throw error;
    },
  );
  if (!response) return;
  try {
    yield* outputLines(response);
  } catch (error) {
    // Broken off: by us, or by an engine that goes; the next look tells.
    if (!signal.aborted && !(error instanceof Error)) throw error;
  } finally {
    response.destroy();
  }
}
