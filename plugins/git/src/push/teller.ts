import type { DeploymentDocument, PhaseName } from '@containr/plugin-deployments/contract';
import { phaseNames } from '@containr/plugin-deployments/contract';
import type { LogLine } from '@containr/plugin-logs/contract';
import { terminalLine } from '@containr/sdk/host';

/** Most lines of the application itself that are shown while it starts. */
const mostOfApplication = 60;

/** What each phase is called to a person; one without a name is not told. */
const titles: Readonly<Partial<Record<PhaseName, string>>> = {
  source: 'Source',
  plan: 'Plan',
  build: 'Build',
  release: 'Release',
  place: 'Place',
  start: 'Start',
  health: 'Health',
  route: 'Route',
};

/** The first line of a part. */
export function heading(text: string): string {
  return `-----> ${terminalLine(text)}`;
}

/** A line below a heading. */
export function detail(text: string): string {
  return `       ${terminalLine(text)}`.trimEnd();
}

/** Makes a function that gives what is new of a deployment: phase by phase, a heading, its log, and how it ended. */
export function createTeller(): (deployment: DeploymentDocument, lines: readonly LogLine[]) => string[] {
  const begun = new Set<string>();
  const ended = new Set<string>();
  let ofApplication = 0;
  let waits = '';

  function textOf(line: LogLine): string[] {
    if (line.text.trim() === '') return [];
    if (line.phase !== null) return [detail(line.text)];
    return ++ofApplication <= mostOfApplication ? [detail(`| ${line.text}`)] : [];
  }

  /** Why it waits, each time that this is another reason. */
  function waiting(deployment: DeploymentDocument): string[] {
    const { reason, position, of } = deployment.waiting ?? { reason: waits, position: 1, of: 1 };
    if (reason === waits || deployment.waiting?.kind === 'freeze') return [];
    waits = reason;
    return [heading(`Waiting, place ${position} of ${of} in line`), detail(reason)];
  }

  return (deployment, lines) => [
    ...waiting(deployment),
    ...phaseNames.flatMap((name) => {
      const title = titles[name];
      if (title === undefined) return [];
      const phase = deployment.phases.find((one) => one.name === name);
      const status = phase?.status ?? 'pending';
      // What replicas write has no phase: it is their start that it tells of.
      const news = lines.filter((line) => (line.phase ?? 'start') === name).flatMap(textOf);
      const over = status === 'done' || status === 'failed';
      if (over && phase?.message && !ended.has(name)) news.push(detail(phase.message));
      if (over) ended.add(name);
      if (begun.has(name) || (news.length === 0 && (status === 'pending' || status === 'skipped'))) return news;
      begun.add(name);
      return [heading(title), ...news];
    }),
  ];
}
