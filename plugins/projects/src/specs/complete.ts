import type { FieldError } from '@containr/sdk';
import { invalid } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { defaultSpec, ServiceSpec } from '../contract.ts';
import { isCronLine, isTimeZone } from './cron-line.ts';
import { fillFrom, mergePatch } from './merge-patch.ts';

const branch = /^(?!\/|.*(?:\.\.|\/\/|@\{|\/\.|\.lock$|[/.]$))[^\x00-\x20\x7f~^:?*[\\]+$/;

/** Whether a path stays inside the folder that it is relative to. */
function staysInside(path: string): boolean {
  return !path.startsWith('/') && !path.includes('\0') && !path.split(/[/\\]/).includes('..');
}

function faults(spec: ServiceSpec): FieldError[] {
  const found: FieldError[] = [];
  const { source, build, health, cron } = spec;
  if (!staysInside(source.rootDirectory))
    found.push({ path: '/spec/source/rootDirectory', message: 'must be a path inside the source' });
  if (!branch.test(source.branch))
    found.push({ path: '/spec/source/branch', message: 'must be the name of a Git branch' });
  if (source.kind === 'image' && !source.image)
    found.push({ path: '/spec/source/image', message: 'must be given when the source is an image' });
  if (build.dockerfile !== null && !staysInside(build.dockerfile))
    found.push({ path: '/spec/build/dockerfile', message: 'must be a path inside the source' });
  if (cron.schedule !== null && !isCronLine(cron.schedule))
    found.push({ path: '/spec/cron/schedule', message: 'must be a cron line, for example 30 2 * * *' });
  if (!isTimeZone(cron.timeZone))
    found.push({ path: '/spec/cron/timeZone', message: 'must be a time zone, for example Europe/Berlin' });
  if (health.kind === 'command' && health.command === null)
    found.push({ path: '/spec/health/command', message: 'must be given when health is checked by a command' });
  return found;
}

/** Applies a merge patch to a spec; what it takes away falls back to the default. Throws `INVALID` with the wrong fields. */
export function patchSpec(base: ServiceSpec, patch: unknown): ServiceSpec {
  const spec = validate<ServiceSpec>(ServiceSpec, fillFrom(defaultSpec, mergePatch(base, patch)), 'The spec');
  const wrong = faults(spec);
  if (wrong.length > 0)
    throw invalid(
      `The spec does not fit together: ${wrong.map((fault) => `${fault.path} ${fault.message}`).join('; ')}.`,
      wrong,
    );
  return spec;
}
