import { createGzip } from 'node:zlib';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { callConsole } from './console-client.ts';

const WithId = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'], additionalProperties: true } as const;
const Page = { type: 'object', properties: { items: { type: 'array', items: WithId } }, required: ['items'], additionalProperties: true } as const;
const Upload = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'], additionalProperties: true } as const;
const Deployment = {
  type: 'object',
  properties: { id: { type: 'string' }, status: { type: 'string' }, urls: { type: 'array', items: { type: 'string' } }, cause: {} },
  required: ['id', 'status', 'urls'],
  additionalProperties: true,
} as const;
interface Ref {
  id: string;
}
interface DeploymentAnswer extends Ref {
  status: string;
  urls: string[];
  cause?: { detail?: string } | null;
}

/**
 * Deploys the bundled sample into the organisation by the ordinary road: project, service, upload, deployment. Resolves
 * with its URL when it is live; throws with the deployment's own cause when it fails.
 */
export async function deploySample(socketPath: string, organisation: string, folder: string, signal: AbortSignal): Promise<string> {
  const call = <T>(method: 'GET' | 'POST', path: string, schema: typeof WithId | typeof Page | typeof Deployment, body?: unknown): Promise<T> =>
    callConsole<T>(socketPath, { method, path, organisation, body }, schema);
  const project = await call<Ref>('POST', '/projects', WithId, { name: 'Sample', slug: 'sample' });
  const environments = await call<{ items: Ref[] }>('GET', `/environments?project=${project.id}`, Page);
  const environment = environments.items[0];
  if (!environment) throw new Error('The sample project has no environment.');
  const service = await call<Ref>('POST', '/services', WithId, {
    environment: environment.id,
    name: 'Hello',
    slug: 'hello',
    kind: 'web',
    spec: { source: { kind: 'upload' }, health: { kind: 'http', path: '/healthz' }, resources: { cpu: 0.5, memoryBytes: 268_435_456 } },
  });
  const raw = { data: await archive(folder), type: 'application/gzip' };
  const upload = await callConsole<Ref>(socketPath, { method: 'POST', path: '/uploads', organisation, raw }, Upload);
  let deployment = await call<DeploymentAnswer>('POST', '/deployments', Deployment, { service: service.id, source: { kind: 'upload', upload: upload.id } });
  while (deployment.status === 'queued' || deployment.status === 'running') {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 250));
    deployment = await call<DeploymentAnswer>('GET', `/deployments/${deployment.id}`, Deployment);
  }
  const [url] = deployment.urls;
  if (!url || !['watching', 'live'].includes(deployment.status)) {
    throw new Error(`The sample did not become live: ${deployment.cause?.detail ?? deployment.status}`);
  }
  return url;
}

async function archive(folder: string): Promise<Buffer> {
  const tar = pack();
  for (const name of (await readdir(folder)).sort()) tar.entry({ name }, await readFile(join(folder, name)));
  tar.finalize();
  return buffer(tar.pipe(createGzip()));
}
