import type { Model, Stage, Step } from './model.ts';
import type { Fix, Severity } from './finding.ts';
import type { Span } from './syntax/positions.ts';

/** Says what is wrong and where. */
export type Report = (at: Span, message: string, fix?: Fix) => void;

/** One rule, by the number that people know. */
export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  readonly check: (model: Model, report: Report) => void;
}

/** A rule that looks at each step alone. */
export function stepRule(
  id: string,
  severity: Severity,
  check: (step: Step, report: Report, model: Model) => void,
): Rule {
  return {
    id,
    severity,
    check: (model, report) => {
      for (const step of model.steps) check(step, mendable(step, report), model);
    },
  };
}

/** The words of a JSON form have no places of their own, so nothing can be put between them. */
export function mendable({ json, instruction }: Step, report: Report): Report {
  return json && instruction.keyword === 'RUN' ? (at, message) => report(at, message) : report;
}

/** A rule that looks at each stage. */
export function stageRule(
  id: string,
  severity: Severity,
  check: (stage: Stage, report: Report, model: Model) => void,
): Rule {
  return {
    id,
    severity,
    check: (model, report) => {
      for (const stage of model.stages) check(stage, report, model);
    },
  };
}

/** A fix that puts text in at an offset. */
export function insertion(title: string, at: number, text: string): Fix {
  return { title, edits: [{ start: at, end: at, text }] };
}

/** A fix that puts text in the place of a span. */
export function replacement(title: string, { start, end }: Span, text: string): Fix {
  return { title, edits: [{ start, end, text }] };
}
