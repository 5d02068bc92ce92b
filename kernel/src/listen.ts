import type { Gateway } from '@containr/http';
import { ContainrError } from '@containr/sdk';

/** Has the gateway listen; gives the port. Throws `PORT_IN_USE`. */
export async function listen(gateway: Gateway, host: string, port: number): Promise<number> {
  try {
    return await gateway.listen(host, port);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new ContainrError({
      code: 'PORT_IN_USE',
      status: 503,
      detail: `Port ${port} on ${host} is in use.`,
      hint: 'Stop what listens there, or choose another with --port.',
      cause,
    });
  }
}
