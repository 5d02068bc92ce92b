import type { Command } from 'commander';
import type { Output } from './output.ts';

/** What a group of commands is given to add itself. */
export interface CommandHost {
  readonly program: Command;
  readonly output: Output;
  /** Runs a command's work; its error is shown and becomes exit code 1. */
  readonly run: (work: () => Promise<number | void>) => Promise<void>;
  /** Global options, parsed by then. */
  readonly options: () => { origin?: string };
}
