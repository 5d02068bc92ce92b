import type { ContainrError } from '@containr/sdk';
import { defineErrors } from '@containr/sdk';

const list = (names: readonly string[]): string => names.join(', ');
const several = (names: readonly string[], one: string, many: string): string => (names.length > 1 ? many : one);

/** What goes wrong between plugins, and with the platform that they stand on. */
export const errors = defineErrors({
  CONFLICT_CONFIRM: (name: string) => ({
    status: 409,
    detail: `Removing the plugin "${name}" can't be undone, and it was not confirmed.`,
    hint: `Add ?confirm=${name} to the request.`,
  }),
  CONFLICT_PLUGIN_FAILED: (name: string, why: string) => ({
    status: 409,
    detail: `The set-up of ${name} failed: ${why}`,
    hint: `Look at the log of ${name}, then enable it again.`,
  }),
  CONFLICT_PLUGIN_NEEDED: (name: string, by: readonly string[]) => ({
    status: 409,
    detail: `${list(by)} ${several(by, 'needs', 'need')} ${name}, so it can't be removed.`,
    hint: `Remove ${list(by)} first.`,
  }),
  CONFLICT_PLUGIN_NEEDS: (name: string, missing: readonly string[]) => ({
    status: 409,
    detail: `${name} needs ${list(missing)}, which ${several(missing, 'is', 'are')} not on.`,
    hint: `Enable ${list(missing)} first.`,
  }),
  CONFLICT_PLUGIN_OFF: (name: string) => ({
    status: 409,
    detail: `${name} is not on, so there is nothing to replace.`,
    hint: 'Enable it instead.',
  }),
  CONFLICT_PLUGIN_ON: (name: string) => ({
    status: 409,
    detail: `${name} is on, so it can't be removed.`,
    hint: `Disable ${name} first.`,
  }),
  CONTRACT_BROKEN: (plugin: string, cause: unknown) => ({
    status: 500,
    detail: `${plugin} broke a contract. ${cause instanceof Error ? cause.message : ''}`,
    hint: `This is a fault of the plugin ${plugin}: report it.`,
    cause,
  }),
  /** `plugin` is the one that provided it last. */
  DEPENDENCY_DOWN: (contract: string, plugin: string | undefined) => ({
    status: 503,
    detail: plugin
      ? `"${contract}" is not available, because the plugin ${plugin} is off.`
      : `No active plugin provides "${contract}".`,
    hint: plugin ? `Enable ${plugin} on the plugins page.` : 'Enable a plugin that provides it.',
    retryAfterSeconds: 5,
  }),
  HOOK_KIND: (hook: string, kind: string, used: string) => ({
    status: 500,
    detail: `The hook "${hook}" is "${kind}", and is used as "${used}".`,
    hint: 'Import the hook from its owner’s contract.',
  }),
  HOOK_TAKEN: (plugin: string, hook: string, owner: string) => ({
    status: 409,
    detail: `${plugin} defines the hook "${hook}", which ${owner} already has.`,
    hint: 'Give one of the two another name.',
  }),
  PLUGIN_OFF: (name: string, displayName: string, state: string, cause: ContainrError | null) => ({
    status: 503,
    detail: `${displayName} (the plugin "${name}") answers here, but it is ${state}${cause ? `: ${cause.message}` : '.'}`,
    hint: cause?.hint ?? `Enable it on the plugins page, or with POST /api/v1/plugins/${name}/enable.`,
  }),
  PLUGIN_SETUP_TIMEOUT: (name: string, seconds: number) => ({
    status: 503,
    detail: `The set-up of ${name} took longer than ${seconds} s.`,
    hint: 'Look at its log, then enable it again.',
  }),
  PORT_IN_USE: (host: string, port: number, cause: unknown) => ({
    status: 503,
    detail: `Port ${port} on ${host} is in use.`,
    hint: 'Stop what listens there, or choose another with --port.',
    cause,
  }),
  REPEAT_TOO_OFTEN: (label: string, everyMs: number) => ({
    status: 500,
    detail: `"${label}" can't run every ${everyMs} ms.`,
    hint: 'Give a positive number.',
  }),
  SERVICE_TAKEN: (plugin: string, contract: string, id: string, owner: string) => ({
    status: 409,
    detail: `${plugin} provides "${contract}" as "${id}", which ${owner} already does.`,
    hint: 'Turn one of the two plugins off.',
  }),
  STARTING: () => ({
    status: 503,
    detail: 'Containr is starting.',
    hint: 'Try again in a moment; /readyz says what is missing.',
    retryAfterSeconds: 1,
  }),
});
