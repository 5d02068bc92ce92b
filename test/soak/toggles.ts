import { heapInUse } from './heap.ts';
import { look, settled } from './look.ts';
import { startSubject } from './subject.ts';

/** Toggles before the first measurement: caches that fill once are full then. */
const warm = 6;
/** Growth that says nothing about a toggle: tables of the runtime that double, the newest thousand events. */
const noiseBytes = 3 * 1_048_576;
const bytesPerToggle = 2048;

/** Turns each first-party plugin off and on `times` times; the heap stays flat and nothing is left. Throws when not. */
export async function runToggles(times: number, only: readonly string[], say: (line: string) => void): Promise<string> {
  const subject = await startSubject();
  const { lifecycle } = subject.test.platform;
  const before = await look(subject.test);
  const wanted = subject.packages.filter(({ name }) => only.length === 0 || only.includes(name));
  const toggle = async (name: string): Promise<void> => {
    await lifecycle.disable(name);
    await lifecycle.enable(name);
  };
  const bad: string[] = [];
  try {
    for (const { name } of wanted) {
      for (let at = 0; at < Math.min(warm, times); at += 1) await toggle(name);
      const heap = await heapInUse();
      const began = performance.now();
      for (let at = 0; at < times; at += 1) await toggle(name);
      const ms = (performance.now() - began) / times;
      const grown = (await heapInUse()) - heap;
      say(
        `${name.padEnd(14)} ${times} times, ${(grown / times / 1024).toFixed(2)} KiB and ${ms.toFixed(1)} ms a toggle`,
      );
      if (grown > noiseBytes + bytesPerToggle * times) bad.push(`${name} grew by ${grown} bytes over ${times} toggles`);
      for (const line of await settled(subject.test, before)) bad.push(`${name}: ${line.slice(0, 300)}`);
    }
  } finally {
    await subject.test.stop();
  }
  if (bad.length > 0) throw new Error(bad.join('\n'));
  return `${wanted.length} plugins were off and on ${times} times; nothing was left behind`;
}
