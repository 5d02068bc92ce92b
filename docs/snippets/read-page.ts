/** One fenced block of a page. */
export interface Snippet {
  readonly language: string;
  /** Words after the language: `file=src/plugin.ts`, `run`, `example`. */
  readonly marks: readonly string[];
  readonly text: string;
  /** Line of the page on which it begins. */
  readonly line: number;
}

/** A step of a page, in the order in which a reader takes it. */
export type Step =
  | { readonly kind: 'write'; readonly path: string; readonly text: string }
  | { readonly kind: 'run'; readonly command: string };

/** The fenced blocks of a Markdown page. Throws for one that is not closed. */
export function snippetsOf(page: string): readonly Snippet[] {
  const found: Snippet[] = [];
  let open: { info: string; line: number; lines: string[] } | null = null;
  for (const [at, line] of page.split('\n').entries()) {
    if (open === null) {
      const [, info] = /^```(.*)$/.exec(line) ?? [];
      if (info !== undefined) open = { info, line: at + 1, lines: [] };
    } else if (line === '```') {
      const [language = '', ...marks] = open.info.trim().split(/\s+/);
      found.push({ language, marks, text: `${open.lines.join('\n')}\n`, line: open.line });
      open = null;
    } else open.lines.push(line);
  }
  if (open) throw new Error(`The block on line ${open.line} is not closed`);
  return found;
}

/** What a page has its reader do. Throws for code that names no file, so that none is left unchecked. */
export function stepsOf(page: string): readonly Step[] {
  return snippetsOf(page).flatMap(({ language, marks, text, line }): Step[] => {
    const path = marks.find((mark) => mark.startsWith('file='))?.slice('file='.length);
    if (path !== undefined) {
      if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(path) || path.includes('..'))
        throw new Error(`Line ${line}: ${path} is no path of a file`);
      return [{ kind: 'write', path, text }];
    }
    if (language === 'sh' && marks.includes('run'))
      return text
        .split('\n')
        .filter((command) => command !== '')
        .map((command) => ({ kind: 'run', command }));
    if (['ts', 'js', 'json', 'vue'].includes(language))
      throw new Error(`Line ${line}: a snippet of ${language} names no file`);
    return [];
  });
}
