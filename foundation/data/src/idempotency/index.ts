export { openAnswers } from './answers.ts';
export type { Answer, Answers } from './answers.ts';
