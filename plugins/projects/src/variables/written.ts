import type { Variable } from '../entities/variable.entity.ts';

/** What a process takes as the name of a variable. */
export const VariableName = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 128 } as const;

/** No NUL: no process takes one in its environment. */
export const VariableValue = { type: 'string', maxLength: 65536, pattern: '^[^\\u0000]*$' } as const;

/** A variable as it is written. */
export interface Written {
  readonly kind: Variable['kind'];
  readonly value: string;
  readonly available: Variable['available'];
}

/** What a variable should be; `null` takes it away. */
export interface Edit {
  readonly name: string;
  readonly to: Written | null;
}
