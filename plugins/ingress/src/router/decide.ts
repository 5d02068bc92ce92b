import type { Answer } from '@containr/sdk/ingress';
import {
  challengeAnswer,
  credentialsNeeded,
  misdirected,
  movedTo,
  routeUnknown,
  tooManyGuesses,
} from '@containr/sdk/ingress';
import type { Passage, Passwords } from '@containr/sdk/ingress';
import type { Head } from './request-head.ts';
import type { CompiledRoute, CompiledTable } from './table.ts';
import { findChallenge, findRoute } from './table.ts';

/** What is to be done with a request: carry it along a route, or answer it here. */
export type Decision = { readonly route: CompiledRoute } | Answer;

/** What a decision depends on. */
export interface Question {
  readonly table: CompiledTable;
  readonly head: Head;
  readonly authorization: string | undefined;
  readonly passwords: Passwords;
  /** Port that HTTPS is served at now; `null`: nobody may be sent there. */
  readonly tlsPort: number | null;
  /** Whether it came by HTTPS. */
  readonly isSecure: boolean;
  /** Whether the connection was secured with the certificate of another host. */
  readonly isMisdirected: boolean;
}

function afterPassage(passage: Passage, route: CompiledRoute): Decision {
  if (passage === 'passed') return { route };
  return passage === 'busy' ? tooManyGuesses() : credentialsNeeded(route.host);
}

/** Decides on a request; a promise only where a password has to be checked. */
export function decide(question: Question): Decision | Promise<Decision> {
  const { table, head, isSecure } = question;
  // Before everything else: a proof must be had at a host that has no certificate, no replica or a redirect.
  const proof = findChallenge(table, head.host, head.target);
  if (proof !== undefined) return challengeAnswer(proof);
  if (question.isMisdirected) return misdirected(head.host);
  const route = findRoute(table, head.host, head.target);
  if (!route) return routeUnknown(head.host);
  if (route.secure && !isSecure && question.tlsPort !== null) return movedTo(secureAddress(head, question.tlsPort));
  if (route.redirect !== undefined) return movedTo(`${route.redirect}${head.target}`);
  if (!route.users) return { route };
  const passage = question.passwords.check(question.authorization, route.users);
  return passage instanceof Promise
    ? passage.then((found) => afterPassage(found, route))
    : afterPassage(passage, route);
}

function secureAddress(head: Head, port: number): string {
  return `https://${head.host}${port === 443 ? '' : `:${port}`}${head.target}`;
}
