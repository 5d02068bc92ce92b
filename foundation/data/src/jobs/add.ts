import type { EnqueueOptions, Job } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

/** A job's name among all plugins'. */
export function taskOf(plugin: string, job: string): string {
  return `${plugin}:${job}`;
}

/** Adds a job with the caller's statement runner, so that it starts when and only when the caller's transaction commits. */
export async function addJob<P>(
  run: (sql: string, values: readonly unknown[]) => Promise<unknown>,
  plugin: string,
  job: Job<P>,
  input: P,
  options: EnqueueOptions = {},
): Promise<void> {
  const task = taskOf(plugin, job.name);
  const checked = validate<P>(job.input, input, `The input of the job ${task}`);
  await run(
    `select from graphile_worker.add_job(
       identifier := ?, payload := cast(? as json), queue_name := cast(? as text), run_at := cast(? as timestamptz),
       max_attempts := ?, job_key := cast(? as text))`,
    [
      task,
      JSON.stringify(checked),
      options.queue === undefined ? null : `${plugin}:${options.queue}`,
      options.runAt?.toISOString() ?? null,
      options.maxAttempts ?? 10,
      options.key === undefined ? null : `${task}:${options.key}`,
    ],
  );
}
