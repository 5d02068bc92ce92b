import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Infer, RateRule, Taken } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { Clients } from './clients.ts';
import { CrossOrigin } from './cross-origin.ts';
import { RequestLimits } from './request-limits.ts';

const perMinute = (value: number) => ({ type: 'integer', minimum: 1, maximum: 1_000_000, default: value }) as const;

/** The install's own settings, under the name `kernel`. */
export const FrontSettings = defineSchema({
  type: 'object',
  properties: {
    limitRequests: { type: 'boolean', default: true, title: 'Limit requests' },
    anonymousPerMinute: {
      ...perMinute(600),
      title: 'Requests a minute without signing in',
      description: 'For each address. What is not used comes back evenly.',
    },
    principalPerMinute: {
      ...perMinute(6000),
      title: 'Requests a minute of one account or token',
    },
    guessesPerMinute: {
      ...perMinute(30),
      title: 'Sign-ins a minute',
      description:
        'For each address, whatever the account; also tokens and sessions that are not valid, ten times as many.',
    },
    trustedProxies: {
      type: 'array',
      items: { type: 'string', pattern: '^[0-9a-fA-F.:]+(/[0-9]{1,3})?$' },
      maxItems: 100,
      default: [],
      title: 'Trusted proxies',
      description:
        'Addresses or networks whose X-Forwarded-For is believed, for example 10.0.0.0/8. All others are not.',
    },
    allowedOrigins: {
      type: 'array',
      items: { type: 'string', pattern: '^(\\*|https?://[A-Za-z0-9.:\\[\\]-]+)$' },
      maxItems: 100,
      default: [],
      title: 'Allowed origins',
      description:
        'Web pages that may call the API, for example https://tools.example.com; such a page may act with the session of who opens it. "*" lets every page read with a token of its own, never with a session.',
    },
  },
  required: [
    'limitRequests',
    'anonymousPerMinute',
    'principalPerMinute',
    'guessesPerMinute',
    'trustedProxies',
    'allowedOrigins',
  ],
  additionalProperties: false,
});
export type FrontSettings = Infer<typeof FrontSettings>;

/** Counts by key; at once when this process alone counts. */
export type Take = (key: string, rule: RateRule) => Taken | Promise<Taken>;

/** What every request passes before its plugin: where it comes from, which page may ask, how often. Follows the install's settings. */
export class Front {
  readonly clients = new Clients();
  readonly crossOrigin = new CrossOrigin();
  readonly limits = new RequestLimits();

  /** Begins to count; before that nobody is limited. */
  countBy(take: Take): void {
    this.limits.countBy(take);
  }

  apply(settings: FrontSettings): void {
    this.clients.trust(settings.trustedProxies);
    this.crossOrigin.allow(settings.allowedOrigins);
    this.limits.apply(settings);
  }

  /** Looks at a request that becomes a socket. */
  receiveUpgrade(request: IncomingMessage): void {
    this.clients.note(request);
    this.crossOrigin.note(request);
  }

  /** Looks at a request before anything else does; `true` when it is answered. */
  receive(request: IncomingMessage, response: ServerResponse): boolean {
    this.clients.note(request);
    return request.headers.origin !== undefined && this.crossOrigin.receive(request, response);
  }
}
