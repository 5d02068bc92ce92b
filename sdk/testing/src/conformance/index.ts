export { conformanceApp } from './app.ts';
export { runtimeConformance } from './runtime.ts';
export type { RuntimeSubject } from './subject.ts';
