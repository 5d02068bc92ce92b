import { ContainrError } from '@containr/sdk';

/** 401 for a sign-in: says nothing about which half was wrong. */
export function wrongPassword(): ContainrError {
  return new ContainrError({
    code: 'UNAUTHENTICATED',
    status: 401,
    detail: 'E-mail address or password is not right.',
    hint: 'Check both and try again; after ten failures from one address there is a pause.',
  });
}

/** 429: this address guessed too often at this account. */
export function tooManyAttempts(seconds: number): ContainrError {
  return new ContainrError({
    code: 'TOO_MANY_ATTEMPTS',
    status: 429,
    detail: 'There were too many failed sign-ins for this account from your address.',
    hint: `Try again in ${Math.max(1, Math.ceil(seconds / 60))} minutes, or use an API token.`,
    retryAfterSeconds: seconds,
  });
}

/** 410: the first owner exists. */
export function setupDone(): ContainrError {
  return new ContainrError({
    code: 'SETUP_DONE',
    status: 410,
    detail: 'This install has been set up already.',
    hint: 'Sign in with the account that was made then.',
  });
}

/** 403: not the token that the start printed. */
export function setupTokenWrong(): ContainrError {
  return new ContainrError({
    code: 'SETUP_TOKEN_WRONG',
    status: 403,
    detail: 'The set-up token is not the one of this install.',
    hint: 'Open the set-up link that `npm start` prints.',
  });
}

/** 403 for a principal that is no account: console, agent, plugin. */
export function needsAccount(): ContainrError {
  return new ContainrError({
    code: 'ACCOUNT_NEEDED',
    status: 403,
    detail: 'This is about an account, and you are not signed in with one.',
    hint: 'Sign in with e-mail and password, or use an API token.',
  });
}

/** 403: what concerns every organisation is for who sits at the machine. */
export function consoleOnly(): ContainrError {
  return new ContainrError({
    code: 'CONSOLE_ONLY',
    status: 403,
    detail: 'This concerns accounts of every organisation, so only the console may do it.',
    hint: 'On the machine that runs Containr: containr --console users …',
  });
}
