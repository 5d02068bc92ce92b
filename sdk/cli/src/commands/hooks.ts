import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';

const text = { type: 'string' } as const;
const Point = defineSchema({
  type: 'object',
  properties: {
    type: text,
    name: text,
    kind: { type: ['string', 'null'] },
    plugin: { type: ['string', 'null'] },
    shapes: {
      type: 'array',
      items: { type: 'object', properties: { of: text, shape: text }, required: ['of', 'shape'] },
    },
    usedBy: {
      type: 'array',
      items: { type: 'object', properties: { plugin: text, role: text }, required: ['plugin', 'role'] },
    },
  },
  required: ['type', 'name', 'kind', 'plugin', 'shapes', 'usedBy'],
});
type Point = Infer<typeof Point>;

/** `hooks`: every point where plugins meet, with its types, owner and users. */
export function hookCommands({ program, output, run, options }: CommandHost): void {
  program
    .command('hooks')
    .argument('[search]', 'part of a type or name, for example "event" or "service.delete"')
    .description('hooks, services, events, jobs, capabilities, reports and outlets, and who uses them')
    .action((search: string | undefined) =>
      run(async () => {
        const api = await openApi(options());
        const items = await api.all('/contributions', Point, {
          query: search === undefined ? {} : { search },
        });
        if (output.json || search === undefined) {
          output.table<Point>(
            items,
            {
              TYPE: ({ type, kind }) => (kind === null ? type : `${type} (${kind})`),
              NAME: ({ name }) => name,
              OF: ({ plugin }) => plugin ?? '-',
              'USED BY': ({ usedBy }) => usedBy.map(({ plugin, role }) => `${plugin} ${role}`).join(', '),
            },
            'No plugin is on.',
          );
          return;
        }
        if (items.length === 0) output.line(`Nothing is called "${search}".`);
        for (const { type, kind, name, plugin, shapes, usedBy } of items) {
          output.line(`${type} ${name}${kind === null ? '' : ` (${kind})`}, of ${plugin ?? 'nobody in particular'}`);
          for (const { of, shape } of shapes) output.line(`  ${of}: ${shape}`);
          for (const { plugin: user, role } of usedBy) output.line(`  ${user} ${role} it`);
        }
      }),
    );
}
