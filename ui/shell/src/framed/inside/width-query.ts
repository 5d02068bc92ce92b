const old = /^(min|max)-width: ?([\d.]+)px$/;
const range = /^(?:([\d.]+)px ?(<=?|>=?) ?)?width(?: ?(<=?|>=?) ?([\d.]+)px)?$/;
const turned: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

/**
 * Whether a media query holds at a width, in CSS pixels. `null` when it says nothing about widths, or more than bounds of them that all
 * have to hold.
 */
export function holdsAt(query: string, width: number): boolean | null {
  const parts = query.split(' and ').map((part) => part.trim().replace(/^\(\s*|\s*\)$/g, ''));
  const bounds = parts.filter((part) => part !== 'screen' && part !== 'all').map((part) => boundsOf(part));
  if (bounds.length === 0 || bounds.includes(null)) return null;
  return bounds.every((some) => some?.every(([sign, at]) => compares(width, sign, at)));
}

function boundsOf(part: string): readonly (readonly [sign: string, at: number])[] | null {
  const [, side, value] = old.exec(part) ?? [];
  if (side !== undefined) return [[side === 'min' ? '>=' : '<=', Number(value)]];
  const [whole, left, before, after, right] = range.exec(part) ?? [];
  if (whole === undefined || whole === 'width') return null;
  return [
    ...(before === undefined ? [] : [[turned[before] ?? '', Number(left)] as const]),
    ...(after === undefined ? [] : [[after, Number(right)] as const]),
  ];
}

function compares(width: number, sign: string, at: number): boolean {
  if (sign === '<') return width < at;
  if (sign === '>') return width > at;
  return sign === '<=' ? width <= at : width >= at;
}
