import { isDeepStrictEqual } from 'node:util';

/** One value that a change touched, by its JSON pointer. Of a secret only that it changed is known. */
export interface SettingChange {
  readonly path: string;
  readonly secret: boolean;
  /** Left out where there was no value, and for secrets. */
  readonly before?: unknown;
  /** Left out where there is no value any more, and for secrets. */
  readonly after?: unknown;
}

type Values = Readonly<Record<string, unknown>>;

/** What differs between two settings, field by field; a list is one value. `secrets` are names at the top. */
export function diffSettings(before: Values, after: Values, secrets: readonly string[]): SettingChange[] {
  return differences(before, after, '').map((change) =>
    secrets.includes(change.path.split('/')[1] ?? '') ? { path: change.path, secret: true } : change,
  );
}

function differences(before: Values, after: Values, path: string): SettingChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name): SettingChange[] => {
    const [one, other] = [before[name], after[name]];
    const own = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (isDeepStrictEqual(one, other)) return [];
    if (isValues(one) && isValues(other)) return differences(one, other, own);
    return [
      {
        path: own,
        secret: false,
        ...(one === undefined ? {} : { before: one }),
        ...(other === undefined ? {} : { after: other }),
      },
    ];
  });
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
