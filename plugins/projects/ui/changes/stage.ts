import type { Client } from '@containr/client';
import type { ChangeDocument } from '../../src/contract.ts';

/** Whose variables are meant, as the API takes it. */
export type VariableOwner =
  { readonly service: string } | { readonly environment: string } | { readonly project: string };

/** A change as the API takes it. */
export type WantedChange =
  | {
      readonly variable: VariableOwner & {
        readonly name: string;
        readonly value: string | null;
        readonly kind?: string;
        readonly available?: string;
      };
    }
  | { readonly text: VariableOwner & { readonly text: string; readonly kind: string } }
  | { readonly spec: { readonly service: string; readonly patch: object } };

/** Collects changes in an environment; answers how many wait there now. */
export async function stage(client: Client, environment: string, changes: readonly WantedChange[]): Promise<number> {
  const done = await client.request<{ total: number; items: readonly ChangeDocument[] }>('POST', '/changes', {
    body: { environment, changes },
    timeoutMs: 60_000,
  });
  return done.total;
}
