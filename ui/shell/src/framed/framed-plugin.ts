import { covers } from '@containr/sdk/ui';
import type { UiList } from '@containr/sdk/ui';
import type { LiveEvent, PageInfo, ToastOptions, Viewer } from '@containr/ui-kit';
import type { OwnPlaces } from './own-places.ts';

/** What the dashboard does for frames. */
export interface FramedHost {
  readonly origin: string;
  viewer(): Viewer | null;
  listen(topics: readonly string[], handler: (event: LiveEvent | null) => void): () => void;
  navigate(path: string, replace: boolean): void;
  toast(options: ToastOptions): void;
  setPage(info: PageInfo): void;
}

type Listed = UiList['plugins'][number];

/** A plugin whose views run in frames. */
export interface FramedPlugin {
  readonly name: string;
  readonly displayName: string;
  readonly styles: readonly string[];
  readonly framed: NonNullable<Listed['framed']>;
  readonly host: FramedHost;
  /** Known once it said what it adds. */
  places: OwnPlaces;
}

/** A plugin of the list as one with frames; `null` for one that is part of the dashboard. */
export function framedPlugin(listed: Listed, host: FramedHost): FramedPlugin | null {
  const { name, displayName, styles, framed } = listed;
  if (!framed) return null;
  const places = { segments: framed.segments, pages: new Set<string>(), paths: new Set<string>() };
  return { name, displayName, styles, framed, host, places };
}

/** The viewer as a frame may know them: no address, and no permission but the plugin's own. */
export function viewerFor(plugin: FramedPlugin): Viewer | null {
  const viewer = plugin.host.viewer();
  if (!viewer) return null;
  const permissions = plugin.framed.permissions.filter((one) => covers(viewer.permissions, one));
  return { id: viewer.id, name: viewer.name, email: null, organisation: viewer.organisation, permissions };
}
