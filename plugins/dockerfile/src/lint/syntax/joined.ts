/** Text joined from several pieces of a file, which still knows where each character came from. */
export interface Joined {
  readonly text: string;
  /** Offset in the file of the character at `index`; of the end when `index` is the length. */
  offset(index: number): number;
  /** A part of it, from `index` on. */
  from(index: number): Joined;
}

/** One piece: `text` as it stands in the file at `start`. */
export interface Piece {
  readonly text: string;
  readonly start: number;
}

/** Joins pieces in their order; without any, the text is empty and stands at `fallback`. */
export function join(pieces: readonly Piece[], fallback: number): Joined {
  const kept = pieces.filter(({ text }) => text !== '');
  const begins: number[] = [];
  let length = 0;
  for (const { text } of kept) {
    begins.push(length);
    length += text.length;
  }
  return view(kept.map(({ text }) => text).join(''), (index) => {
    let low = 0;
    let high = begins.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((begins[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    const piece = kept[low];
    return piece ? piece.start + index - (begins[low] ?? 0) : fallback;
  });
}

function view(text: string, offset: (index: number) => number): Joined {
  return { text, offset, from: (index) => view(text.slice(index), (at) => offset(at + index)) };
}
