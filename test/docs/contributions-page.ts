import type { ContributionPoint } from '@containr/inspection';

const headings: Readonly<Record<ContributionPoint['type'], readonly [title: string, text: string]>> = {
  hook: ['Hooks', 'Points where plugins choose, amend, gate or verify: `ctx.hooks.tap`.'],
  service: ['Services', 'Contracts with asynchronous methods: `ctx.services.provide` and `ctx.services.get`.'],
  event: ['Events', 'Facts after they happened: `ctx.events.on`, and the event stream.'],
  outlet: ['Outlets', 'Places of the dashboard that plugins add to: `defineUi`.'],
  capability: ['Capabilities', 'What nodes can be asked: `ctx.agents.call`, `startTask` and `onTaskEnd`.'],
  report: ['Reports', 'What nodes tell: `ctx.agents.onReport`.'],
  job: ['Jobs', 'Durable background work: `ctx.jobs.handle`.'],
};

/** Noted only when it happens, so it would differ from one start to the next. */
const passing = ['runs', 'asks'];

/** The page of everything that plugins can add to, from what is registered, with how each token is imported. */
export function contributionsPage(points: readonly ContributionPoint[], imports: ReadonlyMap<string, string>): string {
  const sections = Object.entries(headings).flatMap(([type, [title, text]]) => {
    const all = points.filter((point) => point.type === type);
    return [`## ${title}`, '', text, '', ...all.flatMap((point) => entry(point, imports.get(`${type} ${point.name}`)))];
  });
  return [
    '# What plugins can add to',
    '',
    'Made from what the first-party plugins register (`npm run docs`); `containr hooks` prints the same of an install. Types are',
    'written from the JSON Schemas: `?` may be left out, `{ … }` goes deeper than is shown.',
    '',
    ...sections,
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function entry(point: ContributionPoint, imported: string | undefined): string[] {
  const facts = [
    point.kind === null ? null : `kind ${point.kind}`,
    point.plugin === null ? null : `of ${point.plugin}`,
    point.permission === null ? null : `permission \`${point.permission}\``,
  ].filter((fact) => fact !== null);
  const users = [
    ...Map.groupBy(
      point.usedBy.filter(({ role }) => !passing.includes(role)),
      ({ role }) => role,
    ),
  ].map(([role, all]) => `${role}: ${all.map(({ plugin }) => plugin).join(', ')}`);
  return [
    `### \`${point.name}\``,
    '',
    ...(point.summary === null ? [] : [`${point.summary}.`, '']),
    ...(facts.length > 0 ? [`- ${facts.join(', ')}`] : []),
    ...(imported === undefined ? [] : [`- \`${imported}\``]),
    ...users.map((line) => `- ${line}`),
    ...point.shapes.map(({ of, shape }) => `- ${of}: \`${shape}\``),
    '',
  ];
}
