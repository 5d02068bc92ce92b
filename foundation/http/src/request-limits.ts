import type { Taken } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import { placeOf } from './clients.ts';
import { errors } from './errors.ts';
import type { FrontSettings, Take } from './front.ts';
import type { RequestContext } from './request-context.ts';

const windowMs = 60_000;
/** Clocks are fractions of a millisecond, which don't add up exactly. */
const roundingSeconds = 1e-6;
/** A stale tab asks again and again; guessing a token takes more than this. */
const invalidFactor = 10;

interface Rule {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
  /** The `RateLimit-Policy` header. */
  readonly policy: string;
}

type Settle = (refusal?: Error) => void;

/** Where headers are put. */
interface Answer {
  header(name: string, value: string): unknown;
}

/** How often one address, account or token may ask. Agents, plugins, the system and the console are not counted. */
export class RequestLimits {
  #take: Take | null = null;
  #on = false;
  #anonymous = ruleOf('anonymous', 1);
  #principal = ruleOf('principal', 1);
  #guess = ruleOf('guess', 1);
  #invalid = ruleOf('invalid', 1);

  /** Whether anything is counted. */
  get on(): boolean {
    return this.#on;
  }

  countBy(take: Take): void {
    this.#take = take;
  }

  apply(settings: FrontSettings): void {
    this.#on = settings.limitRequests;
    this.#anonymous = ruleOf('anonymous', settings.anonymousPerMinute);
    this.#principal = ruleOf('principal', settings.principalPerMinute);
    this.#guess = ruleOf('guess', settings.guessesPerMinute);
    this.#invalid = ruleOf('invalid', settings.guessesPerMinute * invalidFactor);
  }

  /** Counts a request before it proves anything: guesses, and those that offer no proof, by address. */
  before(request: RequestContext, answer: Answer, guessable: boolean, settle: Settle): void {
    if (request.console) return settle();
    if (guessable) return this.#count(this.#guess, placeOf(request.ip), answer, settle);
    if (request.offersProof) return settle();
    return this.#count(this.#anonymous, placeOf(request.ip), answer, settle);
  }

  /** Counts a request that offered proof, by who it was; a proof that was not valid counts by address. */
  after(request: RequestContext, answer: Answer, error: Error | undefined, settle: Settle): void {
    if (!request.offersProof) return settle();
    const { kind, id } = request.principal;
    if (kind === 'user' || kind === 'token') return this.#count(this.#principal, id, answer, settle);
    if (kind === 'anonymous' && !isOurs(error)) return this.#count(this.#invalid, placeOf(request.ip), answer, settle);
    return settle();
  }

  #count(rule: Rule, who: string, answer: Answer, settle: Settle): void {
    const taken = this.#take?.(`${rule.name} ${who}`, rule);
    if (taken instanceof Promise) {
      taken.then(
        (late) => settle(tell(rule, late, answer)),
        () => settle(),
      );
    } else settle(taken && tell(rule, taken, answer));
  }
}

/** Whether nobody could find out who asks: no fault of theirs. */
function isOurs(error: Error | undefined): boolean {
  return error !== undefined && !(isContainrError(error) && error.status < 500);
}

function ruleOf(name: string, limit: number): Rule {
  return { name, limit, windowMs, policy: `"${name}";q=${limit};w=${windowMs / 1000}` };
}

/** Puts the headers of draft-ietf-httpapi-ratelimit-headers on the answer; gives the refusal when it was one too many. */
function tell(rule: Rule, taken: Taken, answer: Answer): Error | undefined {
  answer.header('ratelimit-policy', rule.policy);
  answer.header(
    'ratelimit',
    `"${rule.name}";r=${taken.remaining};t=${Math.ceil(taken.resetMs / 1000 - roundingSeconds)}`,
  );
  if (taken.allowed) return undefined;
  const seconds = Math.max(1, Math.ceil(taken.retryMs / 1000));
  return errors.TOO_MANY_REQUESTS(rule.limit, rule.name === 'principal' ? 'account or token' : 'address', seconds);
}
