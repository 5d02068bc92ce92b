import type { FramedPlugin } from './framed-plugin.ts';
import { viewerFor } from './framed-plugin.ts';
import { linkFrame } from './frame-link.ts';
import type { FrameLink } from './frame-link.ts';
import type { Described, FrameMessage, Surroundings } from './messages.ts';
import { serveFrame } from './serve-frame.ts';
import type { FrameService } from './serve-frame.ts';

/** Where the code of a plugin runs that draws nothing: what it adds, what its cards read, what its commands do. */
export interface Worker {
  /** What the plugin adds. */
  describe(): Promise<readonly Described[]>;
  /** Calls `read` or `run` of a contribution. Rejects with what it threw, or with why it was ended. */
  work(outlet: string, contribution: string): Promise<unknown>;
  stop(): void;
}

const workMs = 30_000;
const idleMs = 60_000;
const mostEnds = 3;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Makes the worker of a plugin: a frame that nobody sees, made when it is needed and taken away when it is not. */
export function frameWorker(plugin: FramedPlugin): Worker {
  const pending = new Map<number, Pending>();
  let frame: HTMLIFrameElement | null = null;
  let link: FrameLink | null = null;
  let service: FrameService | null = null;
  let started: Promise<readonly Described[]> | null = null;
  let abandon: (error: Error) => void = () => undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let running = 0;
  let last = 0;
  let ends = 0;

  function stop(reason = 'The plugin is off.'): void {
    clearTimeout(idle);
    service?.close();
    link?.close();
    frame?.remove();
    service = link = frame = started = null;
    running = 0;
    abandon(new Error(reason));
    for (const { reject } of pending.values()) reject(new Error(reason));
    pending.clear();
  }

  function start(): Promise<readonly Described[]> {
    const element = document.createElement('iframe');
    frame = element;
    element.sandbox.add('allow-scripts');
    element.title = `${plugin.displayName}, without a view`;
    element.referrerPolicy = 'no-referrer';
    element.hidden = true;
    element.src = plugin.framed.document;
    return new Promise((resolve, reject) => {
      abandon = reject;
      const fail = (reason: string): void => {
        ends += 1;
        stop(reason);
      };
      const opened = linkFrame(element, {
        open: (to) =>
          to.send({ type: 'start', plugin: plugin.displayName, styles: [], around: aroundWorker(plugin), view: null }),
        message(message) {
          if (message.type === 'described') resolve(message.contributions);
          else if (message.type === 'failed') fail(message.detail);
          else if (!service?.handle(message)) settle(message);
        },
        ended: fail,
      });
      link = opened;
      service = serveFrame(
        plugin,
        (message) => opened.send(message),
        () => running > 0,
      );
      document.body.append(element);
    });
  }

  function settle(message: FrameMessage): void {
    if (message.type !== 'result' && message.type !== 'refused') return;
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if (message.type === 'result') waiting?.resolve(message.value);
    else waiting?.reject(new Error(message.detail));
  }

  function ready(): Promise<readonly Described[]> {
    clearTimeout(idle);
    idle = setTimeout(() => stop('It was idle.'), idleMs);
    if (!started && ends >= mostEnds)
      return Promise.reject(new Error(`${plugin.displayName} was ended ${ends} times. Reload the page to try again.`));
    return (started ??= start());
  }

  return {
    describe: ready,
    async work(outlet, contribution) {
      await ready();
      const id = (last += 1);
      const isRun = outlet === 'command';
      running += isRun ? 1 : 0;
      let timer: ReturnType<typeof setTimeout> | undefined;
      try {
        return await new Promise((resolve, reject) => {
          pending.set(id, { resolve, reject });
          timer = setTimeout(
            () => reject(new Error(`${plugin.displayName} took longer than ${workMs / 1000} s.`)),
            workMs,
          );
          link?.send({ type: 'work', id, outlet, contribution });
        });
      } finally {
        clearTimeout(timer);
        pending.delete(id);
        running -= isRun ? 1 : 0;
      }
    },
    stop: () => stop(),
  };
}

function aroundWorker(plugin: FramedPlugin): Surroundings {
  const { origin } = plugin.host;
  const around = { theme: 'light', density: 'compact', locale: navigator.language, width: window.innerWidth } as const;
  return { ...around, origin, path: '/', viewer: viewerFor(plugin) };
}
