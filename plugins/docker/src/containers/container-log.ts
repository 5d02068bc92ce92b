import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeLogEntry } from '@containr/sdk/contracts';
import { asking, refusalStatus } from '../engine.ts';
import type { Engine } from '../engine.ts';
import { outputLines } from './output-frames.ts';

const againMs = 300;

/** How far the stamps of neighbouring lines may be out of order. */
const slackMs = 1000;

interface Stamped {
  readonly stream: RuntimeLogEntry['stream'];
  readonly stamp: string;
  readonly text: string;
}

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
    for await (const line of after(read(engine, name, place, signal), place)) {
      const { stamp } = line;
      place = { stamp, seen: stamp === place.stamp ? place.seen + 1 : 1 };
      yield {
        at: new Date(stamp).toISOString(),
        stream: line.stream,
        text: line.text,
        cursor: `${place.stamp} ${place.seen}`,
      };
      if (signal.aborted) return;
    }
    if (final) return;
    await sleep(againMs, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * The lines that follow a place in the order in which the engine wrote them. That is not quite the order of their stamps: each of
 * the two streams stamps its own lines, so a line with an earlier stamp may stand behind the place. Where the place is not found
 * (its file was rotated away), all lines with a later stamp.
 */
async function* after(
  lines: AsyncIterable<{ readonly stream: RuntimeLogEntry['stream']; readonly text: string }>,
  place: Place,
): AsyncGenerator<Stamped> {
  let seeking = place.stamp !== '';
  let met = 0;
  const held: Stamped[] = [];
  for await (const line of lines) {
    const space = line.text.indexOf(' ');
    const stamped = { stream: line.stream, stamp: line.text.slice(0, space), text: line.text.slice(space + 1) };
    if (seeking && stamped.stamp === place.stamp) {
      met += 1;
      if (met >= place.seen) seeking = false;
      continue;
    }
    if (seeking && Date.parse(stamped.stamp) <= Date.parse(place.stamp) + slackMs) {
      if (stamped.stamp > place.stamp) held.push(stamped);
      continue;
    }
    if (seeking) yield* held;
    seeking = false;
    yield stamped;
  }
}

function parse(cursor: string | null): Place {
  const [stamp = '', seen = '0'] = (cursor ?? '').split(' ');
  return { stamp, seen: Number(seen) };
}

// Seconds and nanoseconds since 1970, as the engine wants them back; a little earlier, to find the place in the order of writing.
function sinceOf(stamp: string): string {
  const nanoseconds = /\.(\d{1,9})/.exec(stamp)?.[1] ?? '';
  return `${Math.floor((Date.parse(stamp) - slackMs) / 1000)}.${nanoseconds.padEnd(9, '0')}`;
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
