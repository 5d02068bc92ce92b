import { formatQuantity, parseQuantity, quantityOf } from '@containr/ui-kit/quantity';
import type { Quantity } from '@containr/ui-kit/quantity';

/** Settings of a plugin as the API shows them. */
export interface SettingsDocument {
  readonly plugin: string;
  /** JSON Schema of the whole. */
  readonly schema: SettingSchema;
  readonly value: Readonly<Record<string, unknown>>;
  /** Secrets that have a value. */
  readonly secretsSet: readonly string[];
  /** Fixed by the start command. */
  readonly overridden: readonly string[];
  readonly version: number;
}

interface SettingSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly items?: SettingSchema;
  readonly anyOf?: readonly SettingSchema[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly title?: string;
  readonly description?: string;
  readonly writeOnly?: boolean;
}

/** What a field of the form holds while it is edited; a list is text with one entry a line, a quantity text with its unit. */
export type FieldValue = string | number | boolean | null;

/** One field of the form. */
export interface SettingField {
  /** JSON pointer, as errors name it. */
  readonly path: string;
  readonly keys: readonly string[];
  /** Label of the object that it is part of; `null` at the top. */
  readonly group: string | null;
  readonly label: string;
  readonly help: string;
  readonly kind: 'text' | 'secret' | 'number' | 'integer' | 'boolean' | 'list' | Quantity;
  readonly choices: readonly { readonly value: string; readonly label: string }[] | null;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly value: FieldValue;
  /** Whether an empty field means `null`. */
  readonly nullable: boolean;
  readonly fixed: boolean;
}

/** `appsDomain` becomes `Apps domain`; a unit at the end of the name stands in the value. */
function labelOf(key: string): string {
  const stem = quantityOf(key) ? key.replace(/(Ms|Bytes)$/, '') : key;
  const words = stem.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function typesOf(schema: SettingSchema): readonly string[] {
  const own = schema.type === undefined ? [] : typeof schema.type === 'string' ? [schema.type] : schema.type;
  return [...own, ...(schema.anyOf ?? []).flatMap(typesOf)];
}

function itemsOf(schema: SettingSchema): SettingSchema | undefined {
  return schema.items ?? schema.anyOf?.map(itemsOf).find((items) => items !== undefined);
}

function kindOf(key: string, schema: SettingSchema): SettingField['kind'] | null {
  const types = typesOf(schema);
  const quantity = types.includes('integer') || types.includes('number') ? quantityOf(key) : null;
  if (quantity) return quantity;
  if (types.includes('boolean')) return 'boolean';
  if (types.includes('integer')) return 'integer';
  if (types.includes('number')) return 'number';
  const items = itemsOf(schema);
  if (types.includes('array') && items && typesOf(items).includes('string')) return 'list';
  if (types.includes('string') || choicesOf(schema)) return schema.writeOnly === true ? 'secret' : 'text';
  return null;
}

function choicesOf(schema: SettingSchema): readonly string[] | null {
  return schema.enum?.every((one) => typeof one === 'string') ? schema.enum.map(String) : null;
}

/** What the form begins with. */
function beginning(kind: SettingField['kind'], present: unknown): FieldValue {
  if (kind === 'secret') return '';
  if (isQuantity(kind)) return typeof present === 'number' ? formatQuantity(present, kind) : '';
  if (kind === 'list') return Array.isArray(present) ? present.map(String).join('\n') : '';
  if (typeof present === 'string' || typeof present === 'number' || typeof present === 'boolean') return present;
  return kind === 'text' ? '' : kind === 'boolean' ? false : null;
}

/**
 * The settings that a form can edit: texts, secrets, numbers, yes or no, choices, lists of texts, and objects made of
 * those. Others are left to the API.
 */
export function settingFields(document: SettingsDocument): SettingField[] {
  return fieldsOf(document, document.schema, document.value, [], null);
}

function fieldsOf(
  document: SettingsDocument,
  schema: SettingSchema,
  values: Readonly<Record<string, unknown>>,
  above: readonly string[],
  group: string | null,
): SettingField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, one]): SettingField[] => {
    const keys = [...above, key];
    const label = one.title ?? labelOf(key);
    const present = values[key];
    if (one.properties)
      return fieldsOf(
        document,
        one,
        Object(present) as typeof values,
        keys,
        group === null ? label : `${group}, ${label}`,
      );
    const kind = kindOf(key, one);
    if (kind === null) return [];
    const set =
      kind === 'secret' && document.secretsSet.includes(key)
        ? 'A value is set; it is never shown. What you write replaces it. '
        : '';
    const lines = kind === 'list' ? 'One a line. ' : '';
    return [
      {
        path: `/${keys.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`,
        keys,
        group,
        label,
        help: (set + lines + (one.description ?? '')).trim() || boundsOf(one, kind),
        kind,
        choices: choicesOf(one)?.map((choice) => ({ value: choice, label: choice })) ?? null,
        minimum: one.minimum,
        maximum: one.maximum,
        value: beginning(kind, present),
        nullable: typesOf(one).includes('null'),
        fixed: document.overridden.includes(keys[0] ?? ''),
      },
    ];
  });
}

/** The JSON merge patch of what a person changed; the form is by path. */
export function changedSettings(
  fields: readonly SettingField[],
  form: Readonly<Record<string, FieldValue | undefined>>,
): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const field of fields) {
    const now = form[field.path];
    if (field.fixed || now === undefined || now === field.value) continue;
    let place = patch;
    for (const key of field.keys.slice(0, -1)) place = (place[key] ??= {}) as Record<string, unknown>;
    place[field.keys.at(-1) ?? ''] = sent(field, now);
  }
  return patch;
}

/** What is wrong with a field before it is sent; `null` for nothing. */
export function unreadable(field: SettingField, now: FieldValue | undefined): string | null {
  if (!isQuantity(field.kind) || now === undefined || now === field.value || (now === '' && field.nullable))
    return null;
  if (parseQuantity(String(now), field.kind) !== null) return null;
  return field.kind === 'duration'
    ? 'Write a number and its unit, for example 30 s or 1 h 30 min.'
    : 'Write a number and its unit, for example 512 MiB.';
}

function isQuantity(kind: SettingField['kind']): kind is Quantity {
  return kind === 'duration' || kind === 'size';
}

function boundsOf({ minimum, maximum }: SettingSchema, kind: SettingField['kind']): string {
  if (!isQuantity(kind) || maximum === undefined) return '';
  const most = formatQuantity(maximum, kind);
  return minimum === undefined || minimum === 0 ? `At most ${most}.` : `${formatQuantity(minimum, kind)} to ${most}.`;
}

function sent(field: SettingField, now: FieldValue): unknown {
  if (isQuantity(field.kind) && now !== '') return parseQuantity(String(now), field.kind);
  if (field.kind === 'list')
    return String(now ?? '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  return now === '' && field.nullable ? null : now;
}
