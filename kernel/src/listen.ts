import type { Gateway } from '@containr/http';
import { errors } from './errors.ts';

/** Has the gateway listen; gives the port. Throws `PORT_IN_USE`. */
export async function listen(gateway: Gateway, host: string, port: number): Promise<number> {
  try {
    return await gateway.listen(host, port);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw errors.PORT_IN_USE(host, port, cause);
  }
}
