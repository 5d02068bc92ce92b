/** A Vue component. Typed loosely here, so that the SDK needs no framework; the kit's `Outlet` renders it. */
export type View = object;

/** A permission (`project:read`) that who is signed in needs to see a contribution; `null` for everybody who is signed in. */
export type Needs = string | null;

interface Contribution {
  /** Unique in its plugin and outlet, kebab-case. */
  readonly id: string;
  readonly permission: Needs;
  /** Smaller comes first; 100 by default. */
  readonly order?: number;
}

/** What the shell gives to code that is no view. */
export interface UiContext {
  /** One request to the API; `path` is below `/api/v1`. */
  readonly request: <T = unknown>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    options?: { query?: Readonly<Record<string, string | number | boolean>>; body?: unknown },
  ) => Promise<T>;
  /** Opens a page of the dashboard by its path. */
  readonly navigate: (path: string) => void;
  /** Whether who is signed in holds a permission. */
  readonly can: (permission: string) => boolean;
}

/** An entry of the sidebar, or with `view` a whole block of entries that depends on what is open. */
export type NavigationContribution = Contribution & {
  readonly outlet: 'navigation';
  /** `install`: the upper list. `block`: below it, drawn by `view`. */
  readonly heading: 'install' | 'block';
} & (
    | { readonly label: string; readonly icon: string; readonly to: string; readonly view?: never }
    | { readonly view: View; readonly label?: never }
  );

/** A page with an address of its own. Parameters are written `:name` and arrive as props of the view. */
export interface PageContribution extends Contribution {
  readonly outlet: 'page';
  readonly path: `/${string}`;
  readonly title: string;
  readonly view: View;
}

/** A page for who is not signed in: set-up, sign-in. Drawn without the sidebar. */
export interface PublicPageContribution extends Omit<Contribution, 'permission'> {
  readonly outlet: 'publicPage';
  readonly path: `/${string}`;
  readonly title: string;
  readonly view: View;
}

/** A tab of a service. The view gets `service` (a `ServiceDocument`) and emits `changed`. */
export interface ServicePanelTabContribution extends Contribution {
  readonly outlet: 'servicePanelTab';
  readonly label: string;
  readonly view: View;
  /** Fills the width and height of the panel, without its padding. */
  readonly bleed?: boolean;
}

/** A block on the overview of a service. The view gets `service`. */
export interface ServiceCardContribution extends Contribution {
  readonly outlet: 'serviceCard';
  readonly view: View;
}

/** A block on the page of a deployment. The view gets `deployment` (a `DeploymentDocument`). */
export interface DeploymentSectionContribution extends Contribution {
  readonly outlet: 'deploymentSection';
  readonly title: string;
  readonly view: View;
}

/** A tab of a node. The view gets `node`. */
export interface NodePanelTabContribution extends Contribution {
  readonly outlet: 'nodePanelTab';
  readonly label: string;
  readonly view: View;
}

/** One number, with where it comes from and when it was so. */
export interface CardData {
  /** `null`: nothing to show yet; `note` says why. */
  readonly value: number | string | null;
  readonly unit: string;
  /** Who says so: `Deployments`, `Agents`. */
  readonly source: string;
  /** RFC 3339. */
  readonly asOf: string;
  readonly status: 'fresh' | 'stale' | 'empty' | 'not-connected';
  readonly note?: string;
}

/** A number on the overview. `topics` of the event stream say when to read again. */
export interface DashboardCardContribution extends Contribution {
  readonly outlet: 'dashboardCard';
  readonly title: string;
  readonly topics: readonly string[];
  read(context: UiContext): Promise<CardData>;
}

/** A block on the overview: a list, a table. The view gets nothing. */
export interface DashboardSectionContribution extends Contribution {
  readonly outlet: 'dashboardSection';
  readonly view: View;
}

/** A page below Settings. */
export interface SettingsPageContribution extends Contribution {
  readonly outlet: 'settingsPage';
  readonly label: string;
  readonly summary: string;
  readonly view: View;
}

/** Something that can be run from the palette. */
export interface CommandContribution extends Contribution {
  readonly outlet: 'command';
  readonly label: string;
  /** Other words that people look for. */
  readonly words?: readonly string[];
  /** The same on the command line. */
  readonly cli?: string;
  run(context: UiContext): void | Promise<void>;
}

/** Something that a person should look at. */
export interface AttentionItem {
  readonly id: string;
  readonly level: 'failed' | 'warning' | 'unknown';
  /** What happened, in one sentence. */
  readonly title: string;
  /** Why, and what visitors notice. */
  readonly detail: string;
  readonly action: { readonly label: string; readonly to: string };
}

/** A source of {@link AttentionItem}s for the overview. */
export interface AttentionContribution extends Contribution {
  readonly outlet: 'attention';
  readonly topics: readonly string[];
  read(context: UiContext): Promise<readonly AttentionItem[]>;
}

export type UiContribution =
  | NavigationContribution
  | PageContribution
  | PublicPageContribution
  | ServicePanelTabContribution
  | ServiceCardContribution
  | DeploymentSectionContribution
  | NodePanelTabContribution
  | DashboardCardContribution
  | DashboardSectionContribution
  | SettingsPageContribution
  | CommandContribution
  | AttentionContribution;

export type OutletName = UiContribution['outlet'];

/** The contributions of one outlet. */
export type ContributionTo<O extends OutletName> = Extract<UiContribution, { readonly outlet: O }>;
