import { formatQuantity, quantityOf } from '@containr/ui-kit/quantity';

/** One version of a plugin's settings as the API shows it. */
export interface SettingsVersion {
  readonly version: number;
  readonly at: string;
  readonly by: string;
  readonly restored: number | null;
  readonly changes: readonly SettingChange[];
}

/** One value that a version changed. */
export interface SettingChange {
  readonly path: string;
  readonly secret: boolean;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** A value for people: texts as they are, lists with commas, quantities with their unit, nothing as a word. */
export function shownValue(value: unknown, path = ''): string {
  const quantity = typeof value === 'number' ? quantityOf(path.slice(path.lastIndexOf('/') + 1)) : null;
  if (quantity) return formatQuantity(Number(value), quantity);
  if (value === undefined || value === null) return 'not set';
  if (value === '') return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((one) => shownValue(one)).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `/limits/cpu` as `limits.cpu`. */
export function shownPath(path: string): string {
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
}
