import { mkdirSync } from 'node:fs';
import type { JSONSchema, Plugin, Scope } from '@containr/sdk';
import { Scope as NewScope } from '@containr/sdk';
import type { DependencyContainer } from 'tsyringe';
import { buildMount } from '@containr/http';
import type { Claims, Mount } from '@containr/http';
import { Ledger } from '@containr/inspection';
import type { OpenStore, PluginSettings } from '@containr/data';
import { errors } from '../errors.ts';
import type { Contributions } from './contributions.ts';
import type { PluginPackage } from '@containr/packages';
import type { Parts } from './parts.ts';
import { compose } from './plugin-context.ts';

const setupMs = 120_000;
const settleMs = 5_000;

/** A plugin whose set-up is done; it is seen by nobody until `goLive`. */
export interface Running {
  readonly package: PluginPackage;
  readonly plugin: Plugin;
  readonly scope: Scope;
  readonly settings: PluginSettings<unknown>;
  /** Takes changes of its settings as they come; else it is replaced. */
  readonly followsSettings: boolean;
  /** The version of its settings that it was set up with. */
  readonly setUpWith: number;
  readonly contributions: Contributions;
  readonly mount: Mount;
  /** What it does with which tokens. */
  readonly ledger: Ledger;
  readonly store: OpenStore;
}

/** The schema of a plugin's settings; one without takes none. */
export function settingsOf(plugin: Plugin): JSONSchema {
  return plugin.settings ?? { type: 'object', properties: {}, additionalProperties: false };
}

/** Whether it runs what is to serve, with the settings of now. */
export function isCurrent(
  { package: its, followsSettings, settings, setUpWith }: Running,
  wanted: PluginPackage,
): boolean {
  return its === wanted && (followsSettings || settings.version === setUpWith);
}

/** Sets a plugin up beside whatever runs; a throw leaves nothing. */
export async function setUp(
  root: DependencyContainer,
  parts: Parts,
  installed: PluginPackage,
  knows: Claims['knows'],
): Promise<Running> {
  const scope = new NewScope(installed.name);
  const log = parts.logFor(installed.name);
  try {
    const plugin = await installed.load();
    const { manifest, name } = installed;
    const opened = await parts.openStore(name, plugin.entities ?? [], plugin.migrations ?? []);
    scope.own('store', () => opened.close(), {
      kind: 'inner',
      size: { unit: 'entities', now: () => opened.entities },
    });
    const ledger = new Ledger();
    const settings = await parts.settings.open<unknown>(name, settingsOf(plugin));
    const setUpWith = settings.version;
    let follows = false;
    const claims: Claims = { plugin: name, segments: manifest.segments, roots: manifest.roots ?? [], knows };
    const directory = parts.directoryOf(name);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const watched = {
      get current() {
        return settings.current;
      },
      onChange(handler: (next: unknown) => void) {
        follows = true;
        return settings.onChange(handler);
      },
    };
    const composed = compose(root, {
      package: installed,
      claims,
      scope,
      store: opened.store,
      directory,
      settings: watched,
      ledger,
    });
    await within(Promise.resolve(plugin.setup(composed.ctx)), installed.name);
    composed.seal();
    const mount = await buildMount(claims, composed.declared, parts.authenticate, log, parts.mount);
    scope.own('http', () => mount.drain(0), { kind: 'inner', size: { unit: 'open', now: () => mount.inFlight } });
    await plugin.verify?.(composed.ctx);
    return {
      package: installed,
      plugin,
      scope,
      settings,
      followsSettings: follows,
      setUpWith,
      contributions: composed.contributions,
      mount,
      ledger,
      store: opened,
    };
  } catch (error) {
    for (const failure of await scope.dispose())
      log.warn({ ...failure }, 'An effect of a set-up that failed was not undone');
    throw error;
  }
}

/**
 * Puts everything that the plugin adds in place. What `older` has is taken out in the same turn, so that nothing is there twice or
 * missing, and is put back when it throws; `tearDown` waits until `older` is out of use.
 */
export function goLive(parts: Parts, next: Running, older?: Running): void {
  void older?.contributions.leave();
  try {
    next.contributions.goLive();
  } catch (error) {
    older?.contributions.goLive();
    throw error;
  }
  parts.gateway.enter(next.mount);
}

/** Takes a plugin out of use, waits for what still uses it up to the deadline, aborts the rest, and undoes its scope. */
export async function tearDown(parts: Parts, running: Running, drainMs: number): Promise<void> {
  const { scope, contributions, mount, plugin } = running;
  const log = parts.logFor(scope.name);
  parts.gateway.leave(mount);
  await mount.drain(drainMs);
  try {
    await plugin.settle?.(AbortSignal.timeout(settleMs));
  } catch (error) {
    log.warn({ error }, 'The plugin could not settle before it stopped');
  }
  await Promise.race([contributions.leave(), new Promise((resolve) => setTimeout(resolve, drainMs).unref())]);
  for (const failure of await scope.dispose()) log.warn({ ...failure }, 'An effect was not undone');
}

async function within(work: Promise<void>, name: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(errors.PLUGIN_SETUP_TIMEOUT(name, setupMs / 1000)), setupMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
