import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

/** What signing in leaves on this machine, mode 0600. */
const Account = defineSchema({
  type: 'object',
  properties: {
    origin: { type: 'string' },
    token: { type: 'string' },
    services: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
  },
  required: ['origin', 'token', 'services'],
  additionalProperties: false,
});
export type Account = Infer<typeof Account>;

function accountFile(): string {
  return join(
    process.env['CONTAINR_CONFIG'] ?? join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'containr'),
    'account.json',
  );
}

/** The signed-in account; throws `NOT_SIGNED_IN`. `CONTAINR_TOKEN` with `CONTAINR_ORIGIN` needs no file. */
export async function readAccount(): Promise<Account> {
  const { CONTAINR_TOKEN: token, CONTAINR_ORIGIN: origin } = process.env;
  if (token && origin) return { origin, token, services: {} };
  let text: string;
  try {
    text = await readFile(accountFile(), 'utf8');
  } catch (cause) {
    throw new ContainrError({
      code: 'NOT_SIGNED_IN',
      status: 401,
      detail: 'You are not signed in to an install.',
      hint: 'Run: containr login URL',
      cause,
    });
  }
  return validate<Account>(Account, JSON.parse(text), 'The account file');
}

/** Writes the account, readable by its owner only. */
export async function writeAccount(account: Account): Promise<void> {
  await mkdir(dirname(accountFile()), { recursive: true, mode: 0o700 });
  await writeFile(accountFile(), JSON.stringify(account, null, 2), { mode: 0o600 });
}

/** Forgets the account. */
export async function removeAccount(): Promise<void> {
  await rm(accountFile(), { force: true });
}
