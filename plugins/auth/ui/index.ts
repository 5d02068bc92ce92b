import { defineUi } from '@containr/sdk/ui';
import AccountPage from './account/AccountPage.vue';
import SetupPage from './SetupPage.vue';
import SignInPage from './SignInPage.vue';

export default defineUi({
  contributions: [
    { outlet: 'publicPage', id: 'setup', path: '/setup', title: 'Set up', view: SetupPage },
    { outlet: 'publicPage', id: 'sign-in', path: '/sign-in', title: 'Sign in', view: SignInPage },
    {
      outlet: 'settingsPage',
      id: 'account',
      label: 'Account',
      summary: 'Your name and password, where you are signed in, API tokens',
      permission: 'account:self',
      order: 10,
      view: AccountPage,
    },
    {
      outlet: 'command',
      id: 'account',
      label: 'Open your account',
      words: ['token', 'session', 'password', 'sign out', 'log out'],
      permission: 'account:self',
      run: ({ navigate }) => navigate('/settings/account'),
    },
  ],
});
