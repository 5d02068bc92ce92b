/** What an isolated plugin asks for and may use, as the API shows it. */
export interface GrantsDocument {
  readonly grants: readonly PluginGrant[];
  /** Why it can't be set up anew with what is granted; it goes on as it is, without what was taken back. */
  readonly problem: { readonly code: string; readonly detail: string } | null;
}

/** One thing that can be granted. */
export interface PluginGrant {
  readonly kind: 'hosts' | 'events' | 'capabilities' | 'hooks' | 'services' | 'provides' | 'secrets';
  readonly value: string;
  readonly granted: boolean;
  /** Why the plugin asks for it; `null` for what it does not ask for. */
  readonly reason: string | null;
  /** When it was last refused it; `null` when it was not, or may now. */
  readonly refusedAt: string | null;
}

/** Kinds in the order in which they are shown, with their headings. */
export const grantHeadings = [
  ['hosts', 'Network hosts'],
  ['secrets', 'Secrets'],
  ['events', 'Events'],
  ['services', 'Services of other plugins'],
  ['provides', 'Services that it provides'],
  ['hooks', 'Hooks'],
  ['capabilities', 'Capabilities of nodes'],
] as const satisfies readonly (readonly [PluginGrant['kind'], string])[];

/** What a grant gives, as a plain sentence. */
export function whatItGives({ kind, value }: Pick<PluginGrant, 'kind' | 'value'>): string {
  switch (kind) {
    case 'hosts':
      return value.startsWith('*.')
        ? `Send data to every host below ${value.slice(2)} and read its answers.`
        : `Send data to ${value} and read its answers.`;
    case 'secrets':
      return `Read the secret ${value} in clear.`;
    case 'events':
      return `Hear of each event ${value}, with all that it says.`;
    case 'services':
      return `Call the service ${value} of another plugin.`;
    case 'provides':
      return `Answer other plugins as the service ${value}.`;
    case 'hooks':
      return `Take part in the hook ${value}: see what passes through it and change its outcome.`;
    case 'capabilities':
      return `Have nodes carry out ${value}.`;
  }
}

/** The wider grant that a host is granted by: taking back the host alone would change nothing. */
export function coveredBy({ kind, value }: PluginGrant, all: readonly PluginGrant[]): string | null {
  if (kind !== 'hosts') return null;
  const wider = all.find(
    (one) =>
      one.kind === 'hosts' &&
      one.granted &&
      one.value !== value &&
      one.value.startsWith('*.') &&
      value.endsWith(one.value.slice(1)),
  );
  return wider?.value ?? null;
}
