import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Uint8Array, number, { N: number }, Buffer>(scrypt);

/** scrypt's N for passwords of visitors: about 8 ms each, which an ingress can afford on a first request. */
export const passwordCost = 4096;

/** `scrypt$<salt>$<hash>`, both in base64: what an ingress checks a visitor's password by. */
export async function hashPassword(password: string, salt: Uint8Array): Promise<string> {
  const hash = await derive(password, salt, 32, { N: passwordCost });
  return `scrypt$${Buffer.from(salt).toString('base64')}$${hash.toString('base64')}`;
}
