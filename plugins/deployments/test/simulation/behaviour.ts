/** What a source is like: how its build and its program behave. Artifacts carry the tree hash, so it follows them. */
export interface Behaviour {
  readonly build: 'ok' | 'fails';
  readonly buildMs: number;
  /** `answers` after `startMs`; `silent` never listens; `exits` at once; `crashes` answers, and ends `crashMs` after its start. */
  readonly program: 'answers' | 'silent' | 'exits' | 'crashes';
  readonly startMs: number;
  readonly crashMs: number;
}

/** Whether a version like this can become live and stay it. */
export function isSound(behaviour: Behaviour): boolean {
  return behaviour.build === 'ok' && behaviour.program === 'answers';
}
