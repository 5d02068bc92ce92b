/** One file of the template and where it goes. */
export interface TemplateFile {
  readonly source: string;
  readonly target: string;
  /** Values are written into JSON texts. */
  readonly json: boolean;
}

const always = [
  'README.md',
  'ci.yml',
  'gitignore',
  'mocharc.json',
  'package.json',
  'tsconfig.json',
  'src/contract.ts',
  'src/migrations/0001-init.ts',
  'src/note.ts',
  'src/plugin.ts',
  'src/routes.ts',
  'test/plugin.test.ts',
];
const ofHalf = {
  view: ['ui/index.ts', 'ui/NotesPage.vue', 'ui/env.d.ts'],
  agent: ['src/agent.ts'],
};
/** Files whose own names would mean something here. */
const renamed: Readonly<Record<string, string>> = {
  'ci.yml': '.github/workflows/ci.yml',
  gitignore: '.gitignore',
  'mocharc.json': '.mocharc.json',
};

/** The files of a plugin with these halves. */
export function filesOf(halves: { readonly view: boolean; readonly agent: boolean }): readonly TemplateFile[] {
  const files = [...always, ...(halves.view ? ofHalf.view : []), ...(halves.agent ? ofHalf.agent : [])];
  return files.map((name) => ({
    source: `${name}.tmpl`,
    target: renamed[name] ?? name,
    json: name.endsWith('.json'),
  }));
}
