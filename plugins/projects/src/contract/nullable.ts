/** A schema that takes `null` too. */
export function nullable<const S>(schema: S) {
  return { anyOf: [schema, { type: 'null' }] } as const;
}
