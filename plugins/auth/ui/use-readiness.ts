import { useResource } from '@containr/ui-kit';
import type { Resource } from '@containr/ui-kit';

/** One dependency of the control plane, and how it is. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** What the control plane says of itself at `/readyz`, whatever of it is there. */
export function useReadiness(): Resource<readonly Check[]> {
  return useResource(async (signal) => {
    const response = await fetch('/readyz', { signal, headers: { accept: 'application/json' } });
    return checksOf(await response.json());
  });
}

function checksOf(document: unknown): Check[] {
  if (typeof document !== 'object' || document === null || !('checks' in document)) return [];
  const { checks } = document;
  const list: [string, unknown][] = Array.isArray(checks)
    ? checks.map((check: unknown, index) => [String(index), check])
    : typeof checks === 'object' && checks !== null
      ? Object.entries(checks)
      : [];
  return list.flatMap(([key, check]) => {
    if (typeof check !== 'object' || check === null) return [];
    const name = 'name' in check && typeof check.name === 'string' ? check.name : key;
    const ok = 'ok' in check ? check.ok === true : false;
    const detail = 'reason' in check && typeof check.reason === 'string' ? check.reason : '';
    return [{ name, ok, detail }];
  });
}
