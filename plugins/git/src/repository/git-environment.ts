/** Largest pack that a push may bring. */
export const largestPush = 2 * 1024 * 1024 * 1024;

/** What holds for every repository here, whatever stands in its own configuration. */
const configuration: readonly (readonly [string, string])[] = [
  ['http.receivepack', 'true'],
  ['core.hooksPath', '/dev/null'],
  ['receive.fsckObjects', 'true'],
  // Flaws that old, honest histories have.
  ['receive.fsck.zeroPaddedFilemode', 'warn'],
  ['receive.fsck.missingSpaceBeforeDate', 'warn'],
  ['receive.fsck.badTimezone', 'warn'],
  ['receive.maxInputSize', String(largestPush)],
  ['receive.denyDeleteCurrent', 'ignore'],
  ['receive.autogc', 'false'],
  ['transfer.hideRefs', 'refs/containr'],
  ['uploadpack.allowFilter', 'true'],
  ['protocol.version', '2'],
];

/** The whole environment of a git process: nobody's own configuration, no prompts, no hooks. */
export function gitEnvironment(home: string): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: String(configuration.length),
  };
  configuration.forEach(([key, value], at) => {
    environment[`GIT_CONFIG_KEY_${at}`] = key;
    environment[`GIT_CONFIG_VALUE_${at}`] = value;
  });
  return environment;
}
