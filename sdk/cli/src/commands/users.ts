import { randomBytes } from 'node:crypto';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { User } from '../documents.ts';
import { ask } from '../prompt.ts';

const Reset = {
  type: 'object',
  properties: { email: { type: 'string' }, endedSessions: { type: 'integer' } },
  required: ['email', 'endedSessions'],
} as const;

/** `users list`, `users reset-password`: for who sits at the machine, when nobody can sign in. */
export function userCommands({ program, output, run, options }: CommandHost): void {
  const users = program.command('users').description('accounts of the install; over the console only');
  users
    .command('list')
    .description('every account, and the organisations it is in')
    .action(() =>
      run(async () => {
        const items = await (await openApi(options())).all('/users', User);
        output.table(
          items,
          {
            EMAIL: (item) => item.email,
            NAME: (item) => item.name,
            ORGANISATIONS: (item) => item.organisations.join(', '),
            SINCE: (item) => item.createdAt,
          },
          'No account yet. Open the set-up link that the start prints.',
        );
      }),
    );
  users
    .command('reset-password')
    .argument('<email>')
    .option('--generate', 'make a password and print it, instead of reading one from stdin')
    .description('set a new password, and sign the account out everywhere')
    .action((email: string, given: { generate?: boolean }) =>
      run(async () => {
        const api = await openApi(options());
        const password = given.generate
          ? randomBytes(18).toString('base64url')
          : await ask('New password: ', { secret: true });
        const done = await api.post('/users/password-resets', Reset, { body: { email, password } });
        output.value(
          given.generate ? { ...done, password } : done,
          `${done.email} has a new password${given.generate ? `: ${password}` : ''}. ${done.endedSessions} ${done.endedSessions === 1 ? 'session' : 'sessions'} ended; API tokens still work until they are revoked.`,
        );
      }),
    );
}
