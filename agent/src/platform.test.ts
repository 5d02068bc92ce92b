import { startTestPlatform } from '@containr/testing';
import type { TestPlatform } from '@containr/testing';
import { expect } from 'chai';

describe('an agent and a whole platform', function () {
  this.timeout(60_000);
  let platform: TestPlatform;

  afterEach(() => platform.stop());

  it('takes up and drops what a plugin brings, as the plugin is switched on and off', async () => {
    platform = await startTestPlatform({ plugins: ['process'], agent: true });
    expect(await capabilities()).to.include('replica-start.process');
    await platform.platform.lifecycle.disable('process');
    await until(async () => !(await capabilities()).includes('replica-start.process'));
    await platform.platform.lifecycle.enable('process');
    await until(async () => (await capabilities()).includes('replica-start.process'));
  });

  it('answers nodes to who may see them, and to nobody else', async () => {
    platform = await startTestPlatform({ agent: true });
    expect((await platform.request('/api/v1/nodes')).status).to.equal(401);
    const { status, json: body } = await platform.console('/nodes');
    expect(status).to.equal(200);
    const [node] = (body as { items: { id: string; state: string }[] }).items;
    expect(node?.state).to.equal('reachable');
    expect((await platform.console(`/nodes/${node?.id}/drain`, { method: 'POST', body: {} })).json).to.include({
      state: 'reachable',
      placement: 'draining',
    });
    expect(
      (await platform.console(`/nodes/${node?.id}/drain`, { method: 'POST', body: { draining: false } })).json,
    ).to.include({ placement: 'open' });
    expect((await platform.console('/nodes/tokens', { method: 'POST', body: {} })).status).to.equal(201);
    expect((await platform.console('/nodes/018f4a00-0000-7000-8000-000000000000')).status).to.equal(404);
    expect((await platform.request(`/api/v1/agents/halves/${'0'.repeat(64)}`)).status).to.equal(401);
  });

  async function capabilities(): Promise<string[]> {
    const { json: body } = await platform.console('/nodes');
    return (body as { items: { capabilities: string[] }[] }).items[0]?.capabilities ?? [];
  }

  async function until(ask: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + 15_000;
    while (!(await ask())) {
      if (performance.now() > end) throw new Error('not in time');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
});
