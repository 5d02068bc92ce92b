/** Variables that every service has for references, unless it sets one of that name itself. */
export const builtIns = {
  CONTAINR_SERVICE: 'Slug of the service',
  CONTAINR_ENVIRONMENT: 'Slug of its environment',
  CONTAINR_PROJECT: 'Slug of its project',
  CONTAINR_PRIVATE_HOST: 'Name by which services of its environment reach it on the same node, in containers',
  CONTAINR_PUBLIC_URL: 'Its first public address, for example https://api.example.org',
  CONTAINR_PUBLIC_DOMAIN: 'Host of that address, with its port where it has one',
} as const satisfies Readonly<Record<string, string>>;

export type BuiltIn = keyof typeof builtIns;

/** Whether the platform gives every service a variable of this name. */
export function isBuiltIn(name: string): name is BuiltIn {
  return Object.hasOwn(builtIns, name);
}

/** What built-in variables are made of. */
export interface BuiltInFacts {
  readonly service: string;
  readonly environment: string;
  readonly project: string;
  /** `null` while it has no public address. */
  readonly url: string | null;
}

/** Value of a built-in variable; `null` when there is none, as for the address of a service that has none. */
export function builtInValue(name: BuiltIn, facts: BuiltInFacts): string | null {
  switch (name) {
    case 'CONTAINR_SERVICE':
      return facts.service;
    case 'CONTAINR_ENVIRONMENT':
      return facts.environment;
    case 'CONTAINR_PROJECT':
      return facts.project;
    case 'CONTAINR_PRIVATE_HOST':
      return `${facts.service}.${facts.environment}.internal`;
    case 'CONTAINR_PUBLIC_URL':
      return facts.url;
    case 'CONTAINR_PUBLIC_DOMAIN':
      return facts.url === null ? null : new URL(facts.url).host;
  }
}
