import type { FramedPlugin } from './framed-plugin.ts';
import type { Described } from './messages.ts';
import { readMessage } from './read-message.ts';

const keyOf = ({ name }: FramedPlugin): string => `framed:${name}`;

/**
 * What this very build of a plugin said before that it adds, so that its views need not wait for its worker. It is checked like a message,
 * because it came from one. `null` when it is not known.
 */
export function recalled(plugin: FramedPlugin): readonly Described[] | null {
  try {
    const [build, text] = (window.localStorage.getItem(keyOf(plugin)) ?? '').split('\n', 2);
    const message = build === plugin.framed.document ? readMessage(text) : null;
    return message?.type === 'described' ? message.contributions : null;
  } catch {
    // Without storage nothing is known.
    return null;
  }
}

/** Keeps it for the next time that the dashboard is opened in this browser. */
export function remember(plugin: FramedPlugin, contributions: readonly Described[]): void {
  try {
    const text = JSON.stringify({ type: 'described', contributions });
    window.localStorage.setItem(keyOf(plugin), `${plugin.framed.document}\n${text}`);
  } catch {
    // A full or missing storage costs a moment, next time.
  }
}
