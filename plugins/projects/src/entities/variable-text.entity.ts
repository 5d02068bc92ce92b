import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** What people wrote around the variables of an owner: comments, empty lines, order. Sealed under the owner: comments hold secrets. */
export const VariableText = defineEntity({
  name: 'VariableText',
  tableName: 'variable_texts',
  properties: {
    /** Id of the project, environment or service. */
    owner: p.uuid().primary(),
    organisation: p.uuid(),
    layout: p.text(),
  },
});
export type VariableText = InferEntity<typeof VariableText>;
