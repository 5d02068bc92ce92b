import type { ToFrame } from '../messages.ts';
import { createOutside } from './outside.ts';
import { start } from './start.ts';

/** The dashboard connects once, right after this document was loaded; nobody else can: its window is the only `parent`. */
function connect(event: MessageEvent<unknown>): void {
  const [port] = event.ports;
  if (event.source !== window.parent || !port) return;
  window.removeEventListener('message', connect);
  const outside = createOutside((text) => port.postMessage(text));
  port.onmessage = ({ data }: MessageEvent<ToFrame>) => {
    if (data.type === 'start') void start(data, outside);
    else outside.hear(data);
  };
}

// No policy of all browsers covers these, and they reach any address.
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection']) Reflect.deleteProperty(window, name);
window.addEventListener('message', connect);
