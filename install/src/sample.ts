import { createGzip } from 'node:zlib';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { JSONSchema } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { callConsole } from './console-client.ts';

const WithId = {
  type: 'object',
  properties: { id: { type: 'string' } },
  required: ['id'],
  additionalProperties: true,
} as const;
const WithOrganisation = {
  type: 'object',
  properties: { id: { type: 'string' }, organisation: { type: 'string' } },
  required: ['id', 'organisation'],
  additionalProperties: true,
} as const;
const ServiceAnswer = {
  type: 'object',
  properties: { urls: { type: 'array', items: { type: 'string' } } },
  required: ['urls'],
  additionalProperties: true,
} as const;
const Page = {
  type: 'object',
  properties: { items: { type: 'array', items: WithId } },
  required: ['items'],
  additionalProperties: true,
} as const;
const Upload = {
  type: 'object',
  properties: { id: { type: 'string' } },
  required: ['id'],
  additionalProperties: true,
} as const;
const Deployment = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    status: { type: 'string' },
    urls: { type: 'array', items: { type: 'string' } },
    cause: {},
  },
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

/** Where the sample is remembered: it is deployed once in an install's life. */
const Remembered = {
  type: 'object',
  properties: { service: { type: 'string' }, organisation: { type: 'string' } },
  required: ['service', 'organisation'],
  additionalProperties: false,
} as const;

/** The sample's URL: deploys it the first time, later looks it up; `null` when its service was deleted since. */
export async function sampleAddress(options: {
  socketPath: string;
  data: string;
  folder: string;
  signal: AbortSignal;
}): Promise<string | null> {
  const file = join(options.data, 'sample.json');
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) {
    const made = await deploySample(options.socketPath, 'default', options.folder, options.signal);
    await writeFile(file, JSON.stringify({ service: made.service, organisation: made.organisation }));
    return made.url;
  }
  const known = validate<{ service: string; organisation: string }>(
    Remembered,
    JSON.parse(text),
    'The note on the sample',
  );
  try {
    const path = `/services/${known.service}`;
    const service = await callConsole<{ urls: string[] }>(
      options.socketPath,
      { method: 'GET', path, organisation: known.organisation },
      ServiceAnswer,
    );
    return service.urls[0] ?? null;
  } catch (error) {
    if (isContainrError(error) && error.status === 404) return null;
    throw error;
  }
}

/**
 * Deploys the bundled sample into the organisation by the ordinary road: project, service, upload, deployment. Resolves
 * with its URL when it is live; throws with the deployment's own cause when it fails.
 */
async function deploySample(
  socketPath: string,
  organisation: string,
  folder: string,
  signal: AbortSignal,
): Promise<{ url: string; service: string; organisation: string }> {
  const call = <T>(method: 'GET' | 'POST', path: string, schema: JSONSchema, body?: unknown): Promise<T> =>
    callConsole<T>(socketPath, { method, path, organisation, body }, schema);
  const project = await call<Ref>('POST', '/projects', WithId, { name: 'Sample', slug: 'sample' });
  const environments = await call<{ items: Ref[] }>('GET', `/environments?project=${project.id}`, Page);
  const environment = environments.items[0];
  if (!environment) throw new Error('The sample project has no environment.');
  const service = await call<Ref & { organisation: string }>('POST', '/services', WithOrganisation, {
    environment: environment.id,
    name: 'Hello',
    slug: 'hello',
    kind: 'web',
    spec: {
      source: { kind: 'upload' },
      health: { kind: 'http', path: '/healthz' },
      resources: { cpu: 0.5, memoryBytes: 268_435_456 },
    },
  });
  const raw = { data: await archive(folder), type: 'application/gzip' };
  const upload = await callConsole<Ref>(socketPath, { method: 'POST', path: '/uploads', organisation, raw }, Upload);
  let deployment = await call<DeploymentAnswer>('POST', '/deployments', Deployment, {
    service: service.id,
    source: { kind: 'upload', upload: upload.id },
  });
  while (deployment.status === 'queued' || deployment.status === 'running') {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 250));
    deployment = await call<DeploymentAnswer>('GET', `/deployments/${deployment.id}`, Deployment);
  }
  const [url] = deployment.urls;
  if (!url || !['watching', 'live'].includes(deployment.status)) {
    throw new Error(`The sample did not become live: ${deployment.cause?.detail ?? deployment.status}`);
  }
  return { url, service: service.id, organisation: service.organisation };
}

async function archive(folder: string): Promise<Buffer> {
  const tar = pack();
  for (const name of (await readdir(folder)).sort()) tar.entry({ name }, await readFile(join(folder, name)));
  tar.finalize();
  return buffer(tar.pipe(createGzip()));
}
