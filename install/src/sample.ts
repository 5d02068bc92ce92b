import { createGzip } from 'node:zlib';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { JSONSchema } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { callConsole } from './console-client.ts';

const WithSlug = {
  type: 'object',
  properties: { id: { type: 'string' }, slug: { type: 'string' } },
  required: ['id', 'slug'],
  additionalProperties: true,
} as const;
const Page = {
  type: 'object',
  properties: { items: { type: 'array', items: WithSlug } },
  required: ['items'],
  additionalProperties: true,
} as const;
const Service = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    organisation: { type: 'string' },
    urls: { type: 'array', items: { type: 'string' } },
    liveDeployment: {},
  },
  required: ['id', 'organisation', 'urls', 'liveDeployment'],
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
  slug: string;
}
interface ServiceAnswer {
  id: string;
  organisation: string;
  urls: string[];
  liveDeployment: unknown;
}
interface DeploymentAnswer {
  id: string;
  status: string;
  urls: string[];
  cause?: { detail?: string } | null;
}

/** Where the sample is remembered: it is made once in an install's life, and not again when someone deleted it. */
const Remembered = {
  type: 'object',
  properties: { service: { type: 'string' }, organisation: { type: 'string' } },
  required: ['service', 'organisation'],
  additionalProperties: false,
} as const;

/** Asks over the console socket, inside one organisation. */
type Call = <T>(method: 'GET' | 'POST', path: string, schema: JSONSchema, body?: unknown) => Promise<T>;

/**
 * The sample's URL. The sample is made the first time, and deployed at each start until it is live once; `null` when its
 * service was deleted since. Throws with the deployment's own cause when that fails.
 */
export async function sampleAddress(options: {
  socketPath: string;
  data: string;
  folder: string;
  signal: AbortSignal;
}): Promise<string | null> {
  const { socketPath, folder, signal } = options;
  const service = await sampleService(socketPath, join(options.data, 'sample.json'));
  if (service === null) return null;
  if (service.liveDeployment !== null) return service.urls[0] ?? null;
  return deploy(socketPath, service, folder, signal);
}

async function sampleService(socketPath: string, note: string): Promise<ServiceAnswer | null> {
  const text = await readFile(note, 'utf8').catch(() => null);
  if (text === null) {
    const made = await findOrMake(within(socketPath, 'default'));
    await writeFile(note, JSON.stringify({ service: made.id, organisation: made.organisation }));
    return made;
  }
  const known = validate<{ service: string; organisation: string }>(
    Remembered,
    JSON.parse(text),
    'The note on the sample',
  );
  try {
    return await within(socketPath, known.organisation)<ServiceAnswer>('GET', `/services/${known.service}`, Service);
  } catch (error) {
    if (isContainrError(error) && error.status === 404) return null;
    throw error;
  }
}

/** The sample's service; each part is looked for first, because an earlier start may have ended in the middle. */
async function findOrMake(call: Call): Promise<ServiceAnswer> {
  const bySlug = async (path: string, slug: string): Promise<Ref | undefined> =>
    (await call<{ items: Ref[] }>('GET', path, Page)).items.find((one) => one.slug === slug);
  const project =
    (await bySlug('/projects?search=sample', 'sample')) ??
    (await call<Ref>('POST', '/projects', WithSlug, { name: 'Sample', slug: 'sample' }));
  const environment = (await call<{ items: Ref[] }>('GET', `/environments?project=${project.id}`, Page)).items[0];
  if (!environment) throw new Error('The sample project has no environment.');
  const existing = await bySlug(`/services?environment=${environment.id}`, 'hello');
  if (existing) return call<ServiceAnswer>('GET', `/services/${existing.id}`, Service);
  return call<ServiceAnswer>('POST', '/services', Service, {
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
}

async function deploy(
  socketPath: string,
  service: ServiceAnswer,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const { organisation } = service;
  const call = within(socketPath, organisation);
  const raw = { data: await archive(folder), type: 'application/gzip' };
  const upload = await callConsole<{ id: string }>(
    socketPath,
    { method: 'POST', path: '/uploads', organisation, raw },
    Upload,
  );
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
  return url;
}

function within(socketPath: string, organisation: string): Call {
  return (method, path, schema, body) => callConsole(socketPath, { method, path, organisation, body }, schema);
}

async function archive(folder: string): Promise<Buffer> {
  const tar = pack();
  for (const name of (await readdir(folder)).sort()) tar.entry({ name }, await readFile(join(folder, name)));
  tar.finalize();
  return buffer(tar.pipe(createGzip()));
}
