import type { CertificateFacts } from './read-certificate.ts';

const minute = 60_000;
/** Pauses after the first, second … failed try; the last one repeats. Authorities count failures by the hour. */
const pauses = [1, 5, 20, 60, 180, 360, 720].map((minutes) => minutes * minute);

/**
 * When a certificate is renewed: with a third of its life left, as Let's Encrypt advises. `spread` in 0…1 moves it by up
 * to 5 % of that life, so that certificates of one day are not all renewed at one moment.
 */
export function renewalTime({ notBefore, notAfter }: CertificateFacts, spread: number): Date {
  const life = notAfter.getTime() - notBefore.getTime();
  return new Date(notAfter.getTime() - life / 3 - life * 0.05 * spread);
}

/** Pause after a failed try, in milliseconds; `tries` counts it. */
export function pauseAfterFailure(tries: number): number {
  return pauses[Math.min(Math.max(tries, 1), pauses.length) - 1] ?? 720 * minute;
}
