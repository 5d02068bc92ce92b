import { covers } from './permissions.ts';

/** Who acts. */
export interface Principal {
  readonly kind: 'user' | 'token' | 'agent' | 'plugin' | 'system' | 'console' | 'anonymous';
  /** The user's, token's or node's id, or the plugin's name. */
  readonly id: string;
  /** What a person would call it, for logs and "created by". */
  readonly name: string;
  /** The organisation it acts in, by id; `null` for none. */
  readonly organisation: string | null;
  /** Granted permissions, `resource:verb`; `*` grants all on the install, `organisation:all` all in the organisation. */
  readonly permissions: readonly string[];
  /** How it proved itself; `cookie` makes the gateway check for cross-site requests. */
  readonly via: 'cookie' | 'bearer' | 'basic' | 'socket' | 'internal' | 'none';
}

/** Whether a principal holds a permission (`deployment:read`). */
export function can(principal: Principal, permission: string): boolean {
  return covers(principal.permissions, permission);
}

/** Nobody: what a request is before it proves anything. */
export const anonymous: Principal = {
  kind: 'anonymous',
  id: 'anonymous',
  name: 'anonymous',
  organisation: null,
  permissions: [],
  via: 'none',
};
