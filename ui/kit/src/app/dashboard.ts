import { computed, inject, onScopeDispose, watch } from 'vue';
import type { ComputedRef, InjectionKey } from 'vue';
import type { Client } from '@containr/client';
import type { ContributionTo, OutletName } from '@containr/sdk/ui';

/** Who is signed in. */
export interface Viewer {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly organisation: { readonly id: string; readonly slug: string; readonly name: string } | null;
  readonly permissions: readonly string[];
}

/** A fact from the event stream. */
export interface LiveEvent {
  readonly name: string;
  readonly data: unknown;
}

/** One step of the breadcrumb; `choices` make it a switch. */
export interface Crumb {
  readonly label: string;
  readonly to?: string;
  readonly choices?: readonly { readonly label: string; readonly to: string; readonly current: boolean }[];
  /** What a switch changes, for its name. */
  readonly what?: string;
}

/** What a page tells the frame around it. */
export interface PageInfo {
  readonly title: string;
  readonly crumbs: readonly Crumb[];
}

export interface ToastOptions {
  readonly text: string;
  readonly kind?: 'done' | 'failed';
  readonly action?: { readonly label: string; readonly to?: string; readonly run?: () => void };
}

/** A contribution with the plugin that made it. */
export type Contributed<O extends OutletName> = ContributionTo<O> & {
  readonly plugin: string;
  readonly pluginName: string;
  readonly key: string;
};

/** What the shell gives to every view. */
export interface Dashboard {
  readonly client: Client;
  readonly viewer: ComputedRef<Viewer | null>;
  /** Asks again who is signed in; a view calls it after signing in or out. */
  refreshViewer(): Promise<void>;
  can(permission: string): boolean;
  /** Contributions of an outlet that who is signed in may see, in order; changes as plugins come and go. */
  contributions<O extends OutletName>(outlet: O): ComputedRef<readonly Contributed<O>[]>;
  /** Calls back for events of these topics, and with `null` after a loss, when anything may have changed. */
  listen(topics: readonly string[], handler: (event: LiveEvent | null) => void): () => void;
  toast(options: ToastOptions): void;
  setPage(info: PageInfo): void;
}

/** Under which the shell provides the dashboard. */
export const dashboardKey: InjectionKey<Dashboard> = Symbol('dashboard');

/** The dashboard around this view. */
export function useDashboard(): Dashboard {
  const dashboard = inject(dashboardKey);
  if (!dashboard) throw new Error('There is no dashboard around this view: it is rendered outside of the shell.');
  return dashboard;
}

/** What an outlet shows now. */
export function useContributions<O extends OutletName>(outlet: O): ComputedRef<readonly Contributed<O>[]> {
  return useDashboard().contributions(outlet);
}

/** Listens while the view is there; the topics may change. */
export function useLive(topics: () => readonly string[], handler: (event: LiveEvent | null) => void): void {
  const dashboard = useDashboard();
  const wanted = computed(topics);
  let stop = () => {};
  watch(
    () => wanted.value.join(','),
    () => {
      stop();
      stop = wanted.value.length > 0 ? dashboard.listen(wanted.value, handler) : () => {};
    },
    { immediate: true },
  );
  onScopeDispose(() => stop());
}
