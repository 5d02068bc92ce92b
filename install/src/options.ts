import { parseArgs } from 'node:util';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import { usualDataFolder, validate } from '@containr/sdk/host';

/** What `npm start` can be told, by option or environment. */
export const StartOptions = defineSchema({
  type: 'object',
  properties: {
    /** Absolute path of the data folder. */
    data: { type: 'string', minLength: 1 },
    /** Address that dashboard and apps listen on; loopback unless said otherwise. */
    host: { type: 'string', minLength: 1 },
    /** Port of dashboard and API. */
    port: { type: 'integer', minimum: 0, maximum: 65535 },
    /** Port of the deployed apps. */
    ingressPort: { type: 'integer', minimum: 1, maximum: 65535 },
    runtime: { type: 'string', enum: ['auto', 'docker', 'process'] },
    /** Path of a runtime catalogue, or `null` for the built-in one. */
    catalogue: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    /** `null`: the embedded Postgres. */
    databaseUrl: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    /** `null`: each control-plane process by itself. */
    redisUrl: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    sample: { type: 'boolean' },
    /** Only JSON objects on stdout, one a line. */
    json: { type: 'boolean' },
    /** Stop deployed apps and the ingress too when stopping. */
    stopApps: { type: 'boolean' },
    logLevel: { type: 'string', enum: ['debug', 'info', 'warn', 'error'] },
  },
  required: [
    'data',
    'host',
    'port',
    'ingressPort',
    'runtime',
    'catalogue',
    'databaseUrl',
    'redisUrl',
    'sample',
    'json',
    'stopApps',
    'logLevel',
  ],
  additionalProperties: false,
});
export type StartOptions = Infer<typeof StartOptions>;

/** Reads arguments and environment; throws `OPTION_UNKNOWN` or `INVALID` with what would be right. */
export function readOptions(argv: readonly string[], env: NodeJS.ProcessEnv): StartOptions {
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        data: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        'ingress-port': { type: 'string' },
        runtime: { type: 'string' },
        'no-sample': { type: 'boolean' },
        json: { type: 'boolean' },
        'stop-apps': { type: 'boolean' },
        'log-level': { type: 'string' },
      },
    }));
  } catch (cause) {
    throw new ContainrError({
      code: 'OPTION_UNKNOWN',
      status: 400,
      detail: cause instanceof Error ? cause.message : String(cause),
      hint: 'Known: --data DIR --host ADDRESS --port N --ingress-port N --runtime auto|docker|process --no-sample --stop-apps --json --log-level LEVEL.',
      cause,
    });
  }
  const number = (text: unknown, fallback: number): unknown => (text === undefined ? fallback : Number(text));
  return validate<StartOptions>(
    StartOptions,
    {
      data: values['data'] ?? usualDataFolder(env),
      host: values['host'] ?? '127.0.0.1',
      port: number(values['port'] ?? env['CONTAINR_PORT'], 3000),
      ingressPort: number(values['ingress-port'], 8080),
      runtime: values['runtime'] ?? env['CONTAINR_RUNTIME'] ?? 'auto',
      catalogue: env['CONTAINR_RUNTIME_CATALOGUE'] || null,
      databaseUrl: env['DATABASE_URL'] || null,
      redisUrl: env['REDIS_URL'] || null,
      sample: values['no-sample'] !== true,
      json: values['json'] === true,
      stopApps: values['stop-apps'] === true,
      logLevel: values['log-level'] ?? 'info',
    },
    'The start options',
  );
}
