import { matches } from './check-message.ts';
import type { FrameMessage } from './messages.ts';
import { fromFrame, longestMessage } from './messages.ts';

/** Reads what a frame sent; `null` when it is none of what a frame may say. */
export function readMessage(sent: unknown): FrameMessage | null {
  if (typeof sent !== 'string' || sent.length > longestMessage) return null;
  let value: unknown;
  try {
    value = JSON.parse(sent);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return null;
  const { type, ...rest } = value;
  if (typeof type !== 'string' || !Object.hasOwn(fromFrame, type)) return null;
  return matches(fromFrame[type as keyof typeof fromFrame], rest) ? (value as FrameMessage) : null;
}
