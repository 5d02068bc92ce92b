/** A text as it might come out: as it is, and in the forms that tools put it in. */
export function formsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    // What a neighbour of the text decides is cut off at both ends.
    const inner = whole.slice(shift === 0 ? 0 : 4, -4);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const forms = [
    text,
    JSON.stringify(text).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    encodeURIComponent(text),
    encodeURIComponent(text).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams({ x: text }).toString().slice(2),
    ...base64,
  ];
  return [...new Set(forms)];
}

const stem = 'Canary of 7 secrets-';
const stems = formsOf(stem);

/** Secrets that are looked for wherever something comes out. */
export class Canaries {
  readonly #forms = new Map<string, readonly string[]>();
  readonly #kept = new Set<string>();

  /** Makes a fresh one for a place. It holds what needs escaping somewhere, and is a good password. */
  plant(where: string): string {
    const text = `${stem}${String(this.#forms.size).padStart(3, '0')}/<&">ä ${Math.random().toString(36).slice(2).padEnd(12, 'q')}`;
    this.#forms.set(where, formsOf(text));
    return text;
  }

  /** Looks for a secret that was made elsewhere, too. */
  keep(where: string, text: string): void {
    this.#kept.add(where);
    this.#forms.set(where, formsOf(text));
  }

  get count(): number {
    return this.#forms.size;
  }

  /** Places whose secrets are in an output. */
  in(output: string): readonly string[] {
    // All that were planted begin alike, so that most outputs are looked through for that only.
    const planted = stems.some((one) => output.includes(one));
    return [...this.#forms]
      .filter(([where]) => planted || this.#kept.has(where))
      .filter(([, forms]) => forms.some((form) => output.includes(form)))
      .map(([where]) => where);
  }
}
