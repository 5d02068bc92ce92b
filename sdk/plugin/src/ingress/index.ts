export type { Answer } from './answers.ts';
export {
  answerBytes,
  badRequest,
  challengeAnswer,
  credentialsNeeded,
  misdirected,
  movedTo,
  renderAnswer,
  routeUnknown,
  sendAnswer,
  serviceNotLive,
  tooManyGuesses,
  upstreamDown,
  upstreamSilent,
} from './answers.ts';
export type { Controlled } from './control.ts';
export { createControl } from './control.ts';
export { askHealth, askInFlight, putCertificates, putTable } from './control-client.ts';
export type { Health } from './control-client.ts';
export { controlPath } from './control-path.ts';
export { exitCodes } from './exit-codes.ts';
export type { Keeper, Place } from './keeper.ts';
export { keepIngress } from './keeper.ts';
export { isFree, listenAt, listenOn, portInUse } from './listen.ts';
export { hashPassword } from './password-hash.ts';
export type { Passage } from './passwords.ts';
export { Passwords } from './passwords.ts';
export { isRunning, readRecord, signalRecorded, startTimeOf } from './program-record.ts';
export { leavingPath, runIngress } from './run-ingress.ts';
export { serveIngress } from './serve-ingress.ts';
export type { IngressProgram, IngressStart } from './start.ts';
export { emptyTable, noCertificates, refuseStale } from './start.ts';
export type { StateFile } from './state-file.ts';
export { openStateFile } from './state-file.ts';
