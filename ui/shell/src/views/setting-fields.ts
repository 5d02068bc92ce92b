/** Settings of a plugin as the API shows them. */
export interface SettingsDocument {
  readonly plugin: string;
  /** JSON Schema of the whole. */
  readonly schema: { readonly properties?: Readonly<Record<string, SettingSchema>> };
  readonly value: Readonly<Record<string, unknown>>;
  /** Secrets that have a value. */
  readonly secretsSet: readonly string[];
  /** Fixed by the start command. */
  readonly overridden: readonly string[];
  readonly version: number;
}

interface SettingSchema {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly SettingSchema[];
  readonly enum?: readonly unknown[];
  readonly title?: string;
  readonly description?: string;
  readonly writeOnly?: boolean;
}

/** One field of the form. */
export interface SettingField {
  readonly key: string;
  readonly label: string;
  readonly help: string;
  readonly kind: 'text' | 'secret' | 'number' | 'boolean';
  readonly choices: readonly { readonly value: string; readonly label: string }[] | null;
  readonly value: string | number | boolean | null;
  /** Whether an empty field means `null`. */
  readonly nullable: boolean;
  readonly fixed: boolean;
}

/** `appsDomain` becomes `Apps domain`. */
function labelOf(key: string): string {
  const words = key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function typesOf(schema: SettingSchema): readonly string[] {
  const own = schema.type === undefined ? [] : typeof schema.type === 'string' ? [schema.type] : schema.type;
  return [...own, ...(schema.anyOf ?? []).flatMap(typesOf)];
}

/** The settings that a form can edit: texts, numbers, yes or no, and choices. Others are left to the API. */
export function settingFields(document: SettingsDocument): SettingField[] {
  return Object.entries(document.schema.properties ?? {}).flatMap(([key, schema]): SettingField[] => {
    const types = typesOf(schema);
    const choices = schema.enum?.every((one) => typeof one === 'string') ? schema.enum.map(String) : null;
    const secret = schema.writeOnly === true;
    const kind = types.includes('boolean')
      ? 'boolean'
      : types.includes('integer') || types.includes('number')
        ? 'number'
        : types.includes('string') || choices
          ? secret
            ? 'secret'
            : 'text'
          : null;
    if (kind === null) return [];
    const present = document.value[key];
    const value =
      typeof present === 'string' || typeof present === 'number' || typeof present === 'boolean' ? present : null;
    const set =
      secret && document.secretsSet.includes(key)
        ? 'A value is set; it is never shown. What you write replaces it. '
        : '';
    return [
      {
        key,
        label: schema.title ?? labelOf(key),
        help: set + (schema.description ?? ''),
        kind,
        choices: choices?.map((one) => ({ value: one, label: one })) ?? null,
        value: secret ? '' : (value ?? (kind === 'text' ? '' : null)),
        nullable: types.includes('null'),
        fixed: document.overridden.includes(key),
      },
    ];
  });
}

/** The JSON merge patch of what a person changed. */
export function changedSettings(
  fields: readonly SettingField[],
  form: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const field of fields) {
    const now = form[field.key];
    if (field.fixed || now === undefined || now === field.value) continue;
    patch[field.key] = now === '' && field.nullable ? null : now;
  }
  return patch;
}
