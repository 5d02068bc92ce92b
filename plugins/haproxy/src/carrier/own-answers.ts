import type { Answer } from '@containr/sdk/ingress';
import {
  badRequest,
  credentialsNeeded,
  misdirected,
  movedTo,
  renderAnswer,
  routeUnknown,
  serviceNotLive,
  tooManyGuesses,
  upstreamDown,
  upstreamSilent,
} from '@containr/sdk/ingress';

import { countAs } from './counts.ts';

/** A file that HAProxy answers with, and its text in HAProxy's format. */
export interface AnswerFile {
  readonly name: string;
  readonly text: string;
}

/** Stands for the host, which passed {@link validHost}: nothing in it is special to HTML or JSON. */
const host = '%[var(txn.host)]';
const wantsHtml = '{ req.hdr(accept) -m sub text/html }';

const answers = {
  badRequest: badRequest(
    '%[var(txn.bad)]',
    'The request has a Host header, length, coding or upgrade that is not allowed.',
  ),
  routeUnknown: routeUnknown(host),
  misdirected: misdirected(host),
  moved: { ...movedTo('the address in the Location header'), headers: {} },
  credentialsNeeded: {
    ...credentialsNeeded(host),
    headers: { 'www-authenticate': 'Basic realm="%[var(txn.site)]", charset="UTF-8"' },
  },
  tooManyGuesses: tooManyGuesses(),
  serviceNotLive: serviceNotLive(host),
  upstreamDown: upstreamDown(host),
  upstreamSilent: upstreamSilent(host),
  tooSlow: badRequest('REQUEST_TIMEOUT', 'The request took too long to arrive.', 408),
} as const satisfies Readonly<Record<string, Answer>>;
type Name = keyof typeof answers;

/** In HAProxy's format a percent sign begins something, unless it is written twice. */
function inFormat(text: string): string {
  return text.replace(/%(?!\[var\()/g, '%%');
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"$]/g, '\\$&')}"`;
}

function headerWords(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .filter(([name]) => name !== 'content-type' && name !== 'content-length')
    .map(([name, value]) => ` hdr ${name} ${quoted(value)}`)
    .join('');
}

/** All of them; they are written before HAProxy starts. */
export function answerFiles(): readonly AnswerFile[] {
  return Object.entries(answers).flatMap(([name, answer]) =>
    [true, false].map((html) => ({
      name: `${name}.${html ? 'html' : 'json'}`,
      text: inFormat(renderAnswer(answer, html).body.trimEnd()),
    })),
  );
}

/** Lines of a configuration by which HAProxy gives the ingress's own answers. */
export class OwnAnswers {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  #words(name: Name, html: boolean): string {
    const { headers } = renderAnswer(answers[name], html);
    return `content-type ${quoted(headers['content-type'] ?? '')} lf-file ${this.#folder}/${name}.${html ? 'html' : 'json'}${headerWords(headers)}`;
  }

  /** Answers so where a condition holds: as a page to who takes HTML. */
  give(name: Name, condition: string, more = ''): readonly string[] {
    const { status } = answers[name];
    const lines = [true, false].map(
      (html) =>
        `http-request return status ${status} ${this.#words(name, html)}${more} if ${condition}${html ? ` ${wantsHtml}` : ''}`,
    );
    return [`http-request ${countAs(Math.floor(status / 100))} if ${condition}`, ...lines];
  }

  /** Sends visitors to an address in HAProxy's format. */
  move(location: string, condition: string): readonly string[] {
    return this.give('moved', condition, ` hdr location ${quoted(location)}`);
  }

  /** Answers with the text of a proof. */
  prove(condition: string): readonly string[] {
    const line = `http-request return status 200 content-type "text/plain; charset=utf-8" lf-string "%[var(txn.proof),b64dec]" hdr cache-control no-store hdr x-content-type-options nosniff if ${condition}`;
    return [`http-request ${countAs(2)} if ${condition}`, line];
  }

  /** What stands for HAProxy's own errors. They can't ask what the visitor takes, so they are problem documents always. */
  failures(): readonly string[] {
    const kinds: readonly (readonly [number, Name])[] = [
      [408, 'tooSlow'],
      [502, 'upstreamDown'],
      [503, 'upstreamDown'],
      [504, 'upstreamSilent'],
    ];
    return kinds.map(
      ([status, name]) => `http-error status ${status} ${this.#words(name, false)} hdr x-containr-own 1`,
    );
  }
}
