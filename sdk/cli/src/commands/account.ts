import { hostname } from 'node:os';
import { createClient } from '@containr/client';
import { validate } from '@containr/sdk/host';
import { readAccount, removeAccount, writeAccount } from '../account-file.ts';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { ask } from '../prompt.ts';

const NewToken = { type: 'object', properties: { secret: { type: 'string' } }, required: ['secret'] } as const;
const Me = {
  type: 'object',
  properties: {
    user: {
      type: 'object',
      properties: { email: { type: 'string' }, name: { type: 'string' } },
      required: ['email', 'name'],
    },
  },
  required: ['user'],
} as const;

/** `login`, `logout`, `whoami`. */
export function accountCommands({ program, output, run, options }: CommandHost): void {
  program
    .command('login')
    .argument('[url]', 'address of the install', 'http://localhost:3000')
    .option('--token <secret>', 'an API token instead of e-mail and password; "-" reads it from stdin')
    .description('sign in, and keep an API token on this machine')
    .action((url: string, given: { token?: string }) =>
      run(async () => {
        const origin = new URL(url).origin;
        const token =
          given.token === '-' ? await ask('Token: ', { secret: true }) : (given.token ?? (await createToken(origin)));
        const client = createClient({ origin, token });
        await client.call('GET', '/projects', { query: { limit: 1 } });
        await writeAccount({ origin, token, services: {} });
        output.value({ origin }, `Signed in to ${origin}.`);
      }),
    );
  program
    .command('logout')
    .description('forget the account on this machine')
    .action(() =>
      run(async () => {
        await removeAccount();
        output.value({}, 'Signed out on this machine. The token still works until you revoke it in the dashboard.');
      }),
    );
  program
    .command('whoami')
    .description('who is signed in, and where')
    .action(() =>
      run(async () => {
        const api = await openApi(options());
        const { user } = await api.get('/users/me', Me);
        const { origin } = await readAccount();
        output.value({ name: user.name, email: user.email, origin }, `${user.name} <${user.email}> at ${origin}`);
      }),
    );
}

async function createToken(origin: string): Promise<string> {
  const email = await ask('E-mail: ');
  const password = await ask('Password: ', { secret: true });
  const basic = Buffer.from(`${email}:${password}`).toString('base64');
  const client = createClient({ origin });
  const answer = await client.call('POST', '/tokens', {
    headers: { authorization: `Basic ${basic}` },
    body: { name: `Command line on ${hostname()}` },
  });
  return validate<{ secret: string }>(NewToken, answer, 'The new token').secret;
}
