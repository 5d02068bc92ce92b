import { Allowance } from './allowance.ts';
import type { FrameMessage, ToFrame } from './messages.ts';
import { readMessage } from './read-message.ts';

/** The way to the code in one frame, and back. */
export interface FrameLink {
  send(message: ToFrame): void;
  /** Takes no more; nothing is told afterwards. */
  close(): void;
}

/** What happens with a frame. */
export interface FrameEvents {
  /** It is connected: the first message may be sent. */
  open(link: FrameLink): void;
  message(message: FrameMessage): void;
  /** It broke a rule, left, or gave no sign of life; nothing more comes. */
  ended(reason: string): void;
}

/** How long a frame may take to begin, and then to answer while it is looked at, in ms. */
export const patience = { start: 30_000, beat: 2_000, silence: 8_000 };

/** Connects to a frame that was just made, over a channel that only the two ends know. */
export function linkFrame(element: HTMLIFrameElement, events: FrameEvents): FrameLink {
  const { port1: port, port2: theirs } = new MessageChannel();
  const allowed = new Allowance(400, 100);
  let over = false;
  let connected = false;
  let began = false;
  let heard = performance.now();
  let beat = 0;

  function close(): void {
    over = true;
    clearInterval(timer);
    port.onmessage = null;
    port.close();
  }
  function end(reason: string): void {
    if (over) return;
    close();
    events.ended(reason);
  }
  const link: FrameLink = {
    send(message) {
      if (!over) port.postMessage(message);
    },
    close,
  };

  // A document that follows is not the one that was meant: the frame led itself elsewhere.
  element.addEventListener('load', () => {
    if (over) return;
    if (connected) return end('It left its page.');
    connected = true;
    heard = performance.now();
    element.contentWindow?.postMessage({ containr: 'connect' }, '*', [theirs]);
    events.open(link);
  });
  port.onmessage = (event: MessageEvent<unknown>) => {
    if (over) return;
    if (!allowed.take()) return end('It sent more messages than a view may.');
    const message = readMessage(event.data);
    if (!message) return end('It sent something that is no message of a view.');
    heard = performance.now();
    began ||= message.type === 'described' || message.type === 'shown';
    if (message.type !== 'alive') events.message(message);
  };
  const timer = setInterval(() => {
    const now = performance.now();
    // Nobody looks: a browser may let such a page sleep.
    if (document.hidden) heard = now;
    const silent = now - heard;
    if (!began && silent > patience.start) return end(`It did not begin within ${patience.start / 1000} s.`);
    if (began && silent > patience.silence) return end(`It did not answer for ${patience.silence / 1000} s.`);
    beat += 1;
    if (connected) link.send({ type: 'beat', beat });
  }, patience.beat);
  return link;
}
