import { pino } from 'pino';
import type { Logger } from '../log.ts';

const secretKey = /pass(word|phrase)|secret|token|authorization|cookie|api_?key|private_?key|credential/i;
const deepest = 6;

/** A {@link Logger} with what a host needs beside: children, and the pino instance for libraries that want one. */
export interface HostLogger extends Logger {
  readonly pino: pino.Logger;
  /** A logger that adds `fields` to each of its lines. */
  child(fields: Record<string, unknown>): HostLogger;
}

/** How a logger writes: JSON lines, to standard error unless a destination is given. */
export interface LoggerOptions {
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly name?: string;
  readonly destination?: { write(line: string): void };
}

/** Makes a logger over pino; fields whose name says that they hold a secret are redacted at any depth. */
export function createLogger(options: LoggerOptions = {}): HostLogger {
  const settings: pino.LoggerOptions = {
    level: options.level ?? 'info',
    base: options.name === undefined ? {} : { name: options.name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: redactFields },
  };
  return wrap(pino(settings, options.destination ?? pino.destination({ dest: 2, sync: true })));
}

function wrap(logger: pino.Logger): HostLogger {
  return {
    pino: logger,
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(redactFields(fields))),
  };
}

/** A copy of `fields` with secrets replaced and errors written out. */
export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return redactEntries(fields, 0);
}

function redactEntries(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      hides(key, value) ? '[redacted]' : redactValue(value, depth + 1),
    ]),
  );
}

// A count or a flag tells nothing; a text or a structure under such a name may be the secret.
function hides(key: string, value: unknown): boolean {
  return secretKey.test(key) && value !== null && (typeof value === 'string' || typeof value === 'object');
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > deepest) return '[deep]';
  if (value instanceof Error) return describeError(value, depth);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? redactEntries(value, depth) : value;
}

function describeError(error: Error, depth: number): Record<string, unknown> {
  const code = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth + 1) }),
  };
}
