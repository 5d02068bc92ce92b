import { planError } from './plan-error.ts';

/** Largest text that planning reads of a file, in bytes. */
export const largestText = 1 << 20;

/** A source as planning sees it: bounded reads, and nothing outside of it, whatever links say. */
export interface SourceTree {
  /** Whether a file is there. */
  has(path: string): boolean;
  /** Whether a folder is there. */
  hasFolder(path: string): boolean;
  /** First 1 MiB of a file as text, or `null` when it is not there. */
  text(path: string): string | null;
  /** A JSON object, or `null` when the file is not there. Throws `PLAN_NOT_FOUND` for text that is no object. */
  json(path: string): Record<string, unknown> | null;
  /** Names in a folder, sorted; none when it is not there. */
  list(path?: string): readonly string[];
}

/** The JSON object in a file's text. Throws `PLAN_NOT_FOUND`. */
export function jsonOf(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return Object.fromEntries(Object.entries(value));
  } catch (error) {
    throw planError(
      'PLAN_NOT_FOUND',
      `${path} is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`,
      `Correct ${path} and deploy again.`,
    );
  }
  throw planError('PLAN_NOT_FOUND', `${path} holds no JSON object.`, `Correct ${path} and deploy again.`);
}
