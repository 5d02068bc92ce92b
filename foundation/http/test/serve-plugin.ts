import type { Principal } from '@containr/sdk';
import type { PlatformHttp } from '@containr/sdk/host';
import { ContainrError, Scope } from '@containr/sdk';
import { createLogger } from '@containr/sdk/host';
import { buildMount, Gateway } from '../src/index.ts';
import type { Mount, MountOptions } from '../src/index.ts';
import { httpFacet } from '../src/facet.ts';

const log = createLogger({ level: 'silent' });

/** What the bearer tokens of these tests prove. */
const principals: Record<string, Principal> = {
  reader: {
    kind: 'token',
    id: 'reader',
    name: 'reader',
    organisation: null,
    permissions: ['thing:read'],
    via: 'bearer',
  },
  nobody: { kind: 'token', id: 'nobody', name: 'nobody', organisation: null, permissions: [], via: 'bearer' },
};
/** Makes a proof of just this name that is valid until it is taken back. */
export function issue(name: string, permissions: readonly string[]): () => void {
  principals[name] = { kind: 'token', id: name, name, organisation: null, permissions, via: 'bearer' };
  return () => void delete principals[name];
}

const browser: Principal = {
  kind: 'user',
  id: 'ann',
  name: 'Ann',
  organisation: null,
  permissions: ['*'],
  via: 'cookie',
};

/** A listening gateway with mounts made of plain route registrations. */
export interface Served {
  readonly gateway: Gateway;
  readonly origin: string;
  /** Makes a mount; it is not in the map yet. */
  build(plugin: string, register: (http: PlatformHttp) => void): Promise<Mount>;
  add(plugin: string, register: (http: PlatformHttp) => void): Promise<Mount>;
  close(): Promise<void>;
}

/** Starts a gateway without a platform; plugins claim the segment and root of their own name. */
export async function servePlugins(passed: MountOptions = {}): Promise<Served> {
  const gateway = new Gateway({
    log,
    ...(passed.front ? { front: passed.front } : {}),
    explain: (_kind, name) =>
      name === 'off'
        ? new ContainrError({ code: 'PLUGIN_OFF', status: 503, detail: 'off is off.', hint: 'Enable it.' })
        : null,
    page: async (_request, response) => void response.end('<page>'),
    upgrades: new Map(),
  });
  const port = await gateway.listen('127.0.0.1', 0);
  const origin = `http://127.0.0.1:${port}`;
  async function authenticate(
    request: Parameters<Parameters<typeof buildMount>[2]>[0],
  ): Promise<{ principal: Principal | null }> {
    if (request.cookies['session'] === 'ann') return { principal: browser };
    return { principal: principals[(request.headers['authorization'] ?? '').replace('Bearer ', '')] ?? null };
  }
  async function build(plugin: string, register: (http: PlatformHttp) => void): Promise<Mount> {
    const claims = {
      plugin,
      segments: [plugin],
      roots: [plugin],
      knows: (permission: string) => permission === 'thing:read',
    };
    const { http, declared } = httpFacet(new Scope(plugin), claims, () => origin);
    register(http);
    return buildMount(claims, declared, authenticate, log, passed);
  }
  return {
    gateway,
    origin,
    build,
    async add(plugin, register) {
      const mount = await build(plugin, register);
      gateway.enter(mount);
      return mount;
    },
    async close() {
      for (const mount of gateway.mounts) await mount.drain(0);
      await gateway.close(0);
    },
  };
}
