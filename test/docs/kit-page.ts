import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kit = fileURLToPath(new URL('../../ui/kit/src/', import.meta.url));

/** The page of what a view takes from the kit, from the kit's own sources: parts with props, events and slots, functions, icons. */
export async function kitPage(): Promise<string> {
  const index = await readFile(join(kit, 'index.ts'), 'utf8');
  const parts = [...index.matchAll(/export \{ default as (Ui\w+) \} from '\.\/([^']+)'/g)];
  const sections = await Promise.all(
    parts.map(async ([, name = '', file = '']) => partOf(name, await readFile(join(kit, file), 'utf8'))),
  );
  const files = (await readdir(join(kit, 'app'))).toSorted();
  const functions = await Promise.all(
    files.map(async (file) => functionsOf(await readFile(join(kit, 'app', file), 'utf8'))),
  );
  const icons = await readFile(join(kit, 'icons/icon-shapes.ts'), 'utf8');
  return [
    '# The kit',
    '',
    'Made from `ui/kit` (`npm run docs`). Everything here is imported from `@containr/ui-kit`; the dashboard provides it, and none of',
    'it gets into a plugin’s bundle. `?` may be left out. [Views](../guides/views.md) shows them at work.',
    '',
    '## Functions',
    '',
    ...functions.flat().flatMap(({ name, summary }) => [`- \`${name}\`: ${summary}`]),
    '',
    '## Parts',
    '',
    ...sections.toSorted((a, b) => (a.name < b.name ? -1 : 1)).flatMap(({ lines }) => lines),
    '## Icons',
    '',
    'Names for `icon` of a navigation entry, `UiIcon` and `UiButton`:',
    '',
    [...icons.matchAll(/^ {2}'?([\w-]+)'?: \[/gm)].map(([, name]) => `\`${name}\``).join(', '),
    '',
  ].join('\n');
}

function partOf(name: string, source: string): { name: string; lines: string[] } {
  const [script = '', template = ''] = source.split('</script>');
  const props = shapesOf(script, 'defineProps');
  const models = [...script.matchAll(/defineModel<([^>]+)>\((?:'(\w+)')?/g)].map(
    ([, type = '', model = 'modelValue']) => `v-model${model === 'modelValue' ? '' : `:${model}`}: ${type}`,
  );
  const emits = shapesOf(script, 'defineEmits');
  const slots = [...template.matchAll(/<slot(?: name="(\w+)")?/g)].map(([, slot = 'default']) => slot);
  const lines = [
    ...props.map((shape) => `- props: \`${shape}\``),
    ...models.map((model) => `- \`${model}\``),
    ...emits.map((shape) => `- events: \`${shape}\``),
    ...(slots.length > 0 ? [`- slots: ${[...new Set(slots)].join(', ')}`] : []),
  ];
  const texts = [summaryOf(script), lines.join('\n')].filter((text) => text !== '');
  return { name, lines: [`### \`${name}\``, '', ...texts.flatMap((text) => [text, ''])] };
}

/** The type that a macro such as `defineProps<…>()` is given, on one line. */
function shapesOf(script: string, macro: string): string[] {
  const from = script.indexOf(`${macro}<`);
  if (from < 0) return [];
  let depth = 0;
  for (let at = from + macro.length; at < script.length; at += 1) {
    if (script[at] === '<') depth += 1;
    if (script[at] === '>' && script[at - 1] !== '=') depth -= 1;
    if (depth === 0) return [plain(script.slice(from + macro.length + 1, at))];
  }
  return [];
}

function plain(type: string): string {
  return type
    .replace(/\/\*\*?[^]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The sentence above the props; it is the first docstring of the script. */
function summaryOf(script: string): string {
  return wordsOf(/\/\*\*([^]*?)\*\//.exec(script)?.[1] ?? '');
}

function functionsOf(source: string): { name: string; summary: string }[] {
  return [...source.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s*export function (\w+)/g)].map(
    ([, text = '', name = '']) => ({ name, summary: wordsOf(text) }),
  );
}

function wordsOf(docstring: string): string {
  return docstring
    .replace(/^\s*\* ?/gm, ' ')
    .replace(/@example[^]*$/, '')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim();
}
