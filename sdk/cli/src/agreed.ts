import { ContainrError } from '@containr/sdk';
import { ask } from './prompt.ts';

/** Whether a person agrees; `yes` is their `--yes`. Throws `CONFIRM_NEEDED` where nobody is there to answer. */
export async function agreed(question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY)
    throw new ContainrError({
      code: 'CONFIRM_NEEDED',
      status: 400,
      detail: `${question} Nobody is there to answer.`,
      hint: 'Add --yes.',
    });
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `));
}
