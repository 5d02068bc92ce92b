import { createServer } from 'node:net';
import { ContainrError } from '@containr/sdk';

/** Throws `PORT_IN_USE` when the control plane's port is taken; the ingress checks its own, because it may be ours still. */
export async function assertPortsFree(options: { host: string; port: number }): Promise<void> {
  if (options.port === 0) return;
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new ContainrError({
              code: 'PORT_IN_USE',
              status: 409,
              detail: `Port ${options.port} on ${options.host} is taken by another program, so the dashboard can't listen there.`,
              hint: 'Stop that program, or choose another port: npm start -- --port N',
              cause,
            })
          : cause,
      ),
    );
    // By itself, not through the supervisor, which would share the socket with it.
    probe.listen({ port: options.port, host: options.host, exclusive: true }, () => probe.close(() => resolve()));
  });
}
