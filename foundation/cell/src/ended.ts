import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';

/** What became of a plugin whose process was ended or ended by itself: it is being set up anew, serves again, or stays off. */
export type Outcome = 'restarting' | 'back' | 'off';

/** The cause of a plugin's state as the API shows it. */
export const CauseDocument = defineSchema({
  type: 'object',
  properties: {
    code: { type: 'string' },
    detail: { type: 'string' },
    hint: { type: 'string' },
    /** For a plugin in a process of its own whose process ended. */
    ended: {
      anyOf: [
        {
          type: 'object',
          properties: {
            /** When the fault was found: from here on nothing of the process ran any more. */
            at: { type: 'string' },
            outcome: { type: 'string', enum: ['restarting', 'back', 'off'] },
            /** Milliseconds from there until it served again or was off for good; `null` until then. */
            containedMs: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
          },
          required: ['at', 'outcome', 'containedMs'],
          additionalProperties: false,
        },
        { type: 'null' },
      ],
    },
  },
  required: ['code', 'detail', 'hint', 'ended'],
  additionalProperties: false,
});
export type CauseDocument = Infer<typeof CauseDocument>;

/** Why a plugin's process ended without being asked to, and what became of the plugin. */
export class PluginEnded extends ContainrError {
  readonly at: Date;
  readonly #found: number;
  #outcome: Outcome = 'restarting';
  #containedMs: number | null = null;

  /** `since` is the end that this one only tells more of: its time counts. */
  constructor(options: ConstructorParameters<typeof ContainrError>[0], since?: PluginEnded) {
    super(options);
    this.at = since?.at ?? new Date();
    this.#found = since ? since.#found : performance.now();
  }

  get outcome(): Outcome {
    return this.#outcome;
  }

  /** Milliseconds from finding the fault until the plugin served again or was off; `null` until then. */
  get containedMs(): number | null {
    return this.#containedMs;
  }

  /** The plugin serves again, or is off. The first word counts. */
  contained(outcome: 'back' | 'off'): void {
    if (this.#containedMs !== null) return;
    this.#outcome = outcome;
    this.#containedMs = Math.round(performance.now() - this.#found);
  }
}

/** The end for which a plugin is being set up anew; `null` for any other cause. */
export function restartOf(cause: ContainrError | null): ContainrError | null {
  return cause instanceof PluginEnded && cause.containedMs === null ? cause : null;
}

/** A cause, once it noted what became of the plugin; others than ends of processes stay as they are. */
export function settled(cause: ContainrError | null, state: string): ContainrError | null {
  if (cause instanceof PluginEnded && (state === 'active' || state === 'failed'))
    cause.contained(state === 'active' ? 'back' : 'off');
  return cause;
}

/** A cause for the API. */
export function showCause(cause: ContainrError | null): CauseDocument | null {
  if (!cause) return null;
  const ended =
    cause instanceof PluginEnded
      ? { at: cause.at.toISOString(), outcome: cause.outcome, containedMs: cause.containedMs }
      : null;
  return { code: cause.code, detail: cause.message, hint: cause.hint ?? '', ended };
}

/** The cause of one end. */
export function endedBy(
  plugin: string,
  code: string,
  detail: string,
  again = `It runs again after POST /api/v1/plugins/${plugin}/enable.`,
): PluginEnded {
  return new PluginEnded({
    code,
    status: 503,
    detail: `${plugin} was ended. ${detail}.`,
    hint: `Read the log of ${plugin}. ${again}`,
    retryAfterSeconds: 1,
  });
}

/** What stays when a plugin ended too often. */
export function quarantined(plugin: string, times: number, cause: PluginEnded, again = 'enable it again'): PluginEnded {
  const often = times === 1 ? 'ended' : `ended ${times} times within a minute`;
  return new PluginEnded(
    {
      code: 'CONFLICT_PLUGIN_QUARANTINED',
      status: 409,
      detail: `${plugin} ${often}, so it stays off. Last (${cause.code}): ${cause.message}`,
      hint: `Read the log of ${plugin}, then ${again}.`,
    },
    cause,
  );
}
