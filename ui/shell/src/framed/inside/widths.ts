import { holdsAt } from './width-query.ts';

const originals = new WeakMap<CSSMediaRule, string>();

/** Lets widths in style sheets mean the dashboard's window: a narrow card on a wide screen is no phone. */
export function asWideAs(width: number): void {
  for (const sheet of document.styleSheets) {
    try {
      for (const rule of sheet.cssRules) if (rule instanceof CSSMediaRule) fit(rule, width);
    } catch {
      // A sheet that can't be read keeps its own widths.
    }
  }
}

function fit(rule: CSSMediaRule, width: number): void {
  const query = originals.get(rule) ?? rule.media.mediaText;
  const holds = holdsAt(query, width);
  if (holds === null) return;
  originals.set(rule, query);
  rule.media.mediaText = holds ? 'all' : 'not all';
}
