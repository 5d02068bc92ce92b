import { expect } from 'chai';
import { until } from '@containr/testing';
import type { Install } from '../../../plugins/deployments/test/install.ts';
import type { BrokenApp } from './kinds.ts';

/** What a case may change in the spec goes back to this before each one. */
export const base = {
  source: { kind: 'upload', rootDirectory: '.' },
  health: {
    kind: 'tcp',
    path: '/',
    statuses: null,
    command: null,
    intervalMs: 100,
    timeoutMs: 1000,
    startPeriodMs: 4000,
  },
  resources: null,
  preDeploy: null,
  stop: null,
  restart: 'never',
  watchMs: 20_000,
};

/** How a broken application was told of. */
export interface Judged {
  readonly cause: string;
  readonly detail: string;
  readonly right: boolean;
}

/** Deploys it, and sees that it fails with a cause while what was there (`good`) serves on, and that nothing of it is left. */
export async function judge(install: Install, service: string, broken: BrokenApp): Promise<Judged> {
  await install.ask(`/services/${service}`, { method: 'PATCH', body: { spec: { ...base, ...merged(broken) } } });
  const id = await install.deploy(service, broken.files);
  const { provoke } = broken;
  if (provoke !== undefined) {
    await install.reaches(id, 'watching');
    await until('it gave up', async () => {
      await install.get(service, provoke).catch(() => undefined);
      return (await install.deployment(id)).status !== 'watching';
    });
  }
  const failed = await install.reaches(id, 'failed');
  expect(failed.cause?.hint, 'a hint').to.be.a('string').and.not.equal('');
  expect((await install.get(service)).text, 'the version before').to.equal('good\n');
  await until('its replicas are gone', async () =>
    (await install.replicasOf(id)).every((replica) => replica['state'] === 'gone'),
  );
  const { code = '', detail = '' } = failed.cause ?? {};
  return { cause: code, detail, right: code === broken.cause && detail.includes(broken.says ?? '') };
}

function merged({ spec = {} }: BrokenApp): Record<string, unknown> {
  const health: unknown = spec['health'];
  const source: unknown = spec['source'];
  return {
    ...spec,
    ...(typeof health === 'object' ? { health: { ...base.health, ...health } } : {}),
    ...(typeof source === 'object' ? { source: { ...base.source, ...source } } : {}),
  };
}
