import { invalid } from '@containr/sdk';
import { hash, verify } from '@node-rs/argon2';

/** Argon2id at the strength that OWASP names for interactive sign-in; about 20 ms and 19 MiB each. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

const shortest = 10;
const longest = 200;

/** What people choose most when ten letters are asked for; compared without case and without a tail of digits. */
const common = new Set([
  'password',
  'passwordpassword',
  'passwort',
  'passw0rd',
  'p@ssword',
  'p@ssw0rd',
  'mypassword',
  'thepassword',
  'newpassword',
  'adminadmin',
  'administrator',
  'qwertyuiop',
  'qwertyuiopasdf',
  'qwerty',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'asdfghjklqwerty',
  'zxcvbnmasdf',
  'letmein',
  'letmeinplease',
  'welcome',
  'welcomehome',
  'iloveyou',
  'iloveyouforever',
  'changeme',
  'changemenow',
  'changeit',
  'secret',
  'topsecret',
  'superman',
  'sunshine',
  'princess',
  'football',
  'basketball',
  'baseball',
  'trustno',
  'whatever',
  'starwars',
  'computer',
  'internet',
  'abcdefghij',
  'abcdefghijk',
  'abcdefghijkl',
  'abcd',
  'aabbccddee',
  'qazwsxedcrfv',
  'qazwsxedc',
  'onetwothree',
  'testtest',
  'testing',
  'defaultpassword',
  'containr',
  'containrcontainr',
]);

function isCommon(password: string): boolean {
  const plain = password.toLowerCase();
  if (/^\d+$/.test(plain)) return plain.length < 16;
  if (new Set(plain).size <= 3) return true;
  return common.has(plain) || common.has(plain.replace(/[\d!?.*#_-]+$/, ''));
}

/** Refuses passwords that are guessed first. Throws `INVALID` with the path of the field. */
export function checkPassword(password: string, about: { email: string; path: string }): void {
  const refuse = (message: string): never => {
    throw invalid(
      "This password can't be used.",
      [{ path: about.path, message }],
      'Choose a longer one that is not easily guessed, four random words for example.',
    );
  };
  if (password.length < shortest) refuse(`must have at least ${shortest} characters`);
  if (password.length > longest) refuse(`must have at most ${longest} characters`);
  if (isCommon(password)) refuse('is one of the most used passwords');
  const email = about.email.toLowerCase();
  const plain = password.toLowerCase();
  const account = email.split('@')[0] ?? '';
  if (plain === email || (account.length > 3 && plain.replace(/\d+$/, '') === account))
    refuse('must not be the e-mail address');
}

/** Hashes a password; the same text in another Unicode form gives a hash that fits too. */
export async function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFC'), cost);
}

/** Whether a password fits its hash. */
export async function fitsPassword(stored: string, password: string): Promise<boolean> {
  return password.length <= longest && verify(stored, password.normalize('NFC'));
}

/** Whether a hash is weaker than today's cost, so that the next sign-in should renew it. */
export function needsRehash(stored: string): boolean {
  const found = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/.exec(stored);
  if (!found) return true;
  const [, memory, time] = found.map(Number);
  return (memory ?? 0) < cost.memoryCost || (time ?? 0) < cost.timeCost;
}
