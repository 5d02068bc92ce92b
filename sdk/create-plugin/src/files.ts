import type { Kind } from './kinds.ts';

/** One file of the template and where it goes. */
export interface TemplateFile {
  readonly source: string;
  readonly target: string;
  /** Values are written into JSON texts. */
  readonly json: boolean;
}

const always = ['README.md', 'ci.yml', 'gitignore', 'mocharc.json', 'package.json', 'tsconfig.json'];
const ofKind: Readonly<Record<Kind, readonly string[]>> = {
  notes: [
    'src/contract.ts',
    'src/migrations/0001-init.ts',
    'src/note.ts',
    'src/plugin.ts',
    'src/routes.ts',
    'test/plugin.test.ts',
  ],
  notifier: ['src/message.ts', 'src/plugin.ts', 'test/plugin.test.ts'],
  builder: ['src/plugin.ts', 'test/plugin.test.ts'],
  empty: ['src/plugin.ts', 'test/plugin.test.ts'],
};
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

/** The files of a plugin of a kind with these halves. */
export function filesOf(wanted: {
  readonly kind: Kind;
  readonly view: boolean;
  readonly agent: boolean;
}): readonly TemplateFile[] {
  const { kind, view, agent } = wanted;
  const files = [...always, ...(view ? ofHalf.view : []), ...(agent ? ofHalf.agent : [])];
  return [
    ...files.map((name) => fileOf(name, name)),
    ...ofKind[kind].map((name) => fileOf(kind === 'notes' ? name : `kinds/${kind}/${name}`, name)),
  ];
}

function fileOf(source: string, name: string): TemplateFile {
  return { source: `${source}.tmpl`, target: renamed[name] ?? name, json: name.endsWith('.json') };
}
