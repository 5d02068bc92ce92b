import type { Command } from 'commander';
import type { Output } from './output.ts';

/** What a group of commands is given to add itself. */
export interface CommandHost {
  readonly program: Command;
  readonly output: Output;
  /** Runs a command's work; its error is shown and becomes exit code 1. */
  readonly run: (work: () => Promise<number | void>) => Promise<void>;
  /** Global options, parsed by then. */
  readonly options: () => GlobalOptions;
}

/** Whom the commands talk to, and as whom. */
export interface GlobalOptions {
  readonly origin?: string;
  /** Over the owner-only socket in the data folder of this machine, without an account. */
  readonly console?: boolean;
  /** That data folder; it implies the console. */
  readonly data?: string;
  /** Slug of the organisation to act in. */
  readonly organisation?: string;
}
