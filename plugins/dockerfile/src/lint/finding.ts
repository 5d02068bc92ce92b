/** How grave a finding is; `hint` is advice that many files live well without. */
export type Severity = 'error' | 'warning' | 'info' | 'hint';

/** Text put in the place of another; offsets in UTF-16 units, `end` is not part of it. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A correction that can be made at a press. */
export interface Fix {
  /** What the button says. */
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

/** What a rule has to say, and where: lines and columns from 1. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly message: string;
  readonly fix?: Fix;
}
