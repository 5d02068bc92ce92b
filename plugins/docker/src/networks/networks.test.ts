import { randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import type { Artifact, ReplicaSpec, ReplicaState } from '@containr/sdk/contracts';
import { until } from '@containr/testing';
import { conformanceApp } from '@containr/testing/conformance';
import { buildRequest, EngineFixture, testImages } from '../../test/engine-fixture.ts';
import { DockerRuntime } from '../docker-runtime.ts';
import { privateNetworkName } from './network-names.ts';

describe('private networks', function () {
  this.timeout(120_000);
  let engine: EngineFixture;
  let runtime: DockerRuntime;
  let artifact: Artifact;

  before(async function () {
    const images = await testImages();
    engine = await EngineFixture.create();
    if (!images || !(await engine.engineAnswers())) return this.skip();
    runtime = await engine.runtime();
    await engine.source({ 'app.cjs': conformanceApp });
    const dockerfile = `FROM ${images.node}\nWORKDIR /app\nCOPY . .\nCMD ["node", "app.cjs"]\n`;
    const io = { signal: new AbortController().signal, output: () => undefined };
    artifact = await runtime.build(buildRequest(dockerfile), io);
  });
  afterEach(async () => {
    for (const { replica } of (await runtime?.list()) ?? [])
      await runtime.stop({ replica, signal: 'SIGKILL', graceMs: 0 });
  });
  after(() => engine?.remove());

  function start(
    environment: string,
    names: string[],
    more: Partial<ReplicaSpec> = {},
    on = runtime,
  ): Promise<ReplicaState> {
    return on.start({
      replica: randomUUID(),
      deployment: randomUUID(),
      service: randomUUID(),
      organisation: randomUUID(),
      epoch: 1,
      artifact,
      command: null,
      variables: {},
      port: 8080,
      resources: { cpu: 1, memoryBytes: 256 * 1024 * 1024 },
      restart: 'never',
      stop: { signal: 'SIGTERM', graceMs: 1000 },
      network: { environment, names },
      ...more,
    });
  }

  /** Exit code of a request from inside a replica. */
  async function asks(replica: string, url: string): Promise<number> {
    const script = `fetch('${url}', { signal: AbortSignal.timeout(4000) }).then(() => process.exit(0), () => process.exit(1))`;
    const request = { replica, command: ['node', '-e', script], variables: {} };
    const io = { signal: new AbortController().signal, output: () => undefined };
    return (await runtime.exec(request, io)).exitCode;
  }

  it('let replicas of an environment reach each other by name, those of another one not at all, and the node all of them', async () => {
    const [shop, other] = [randomUUID(), randomUUID()];
    const api = await start(shop, ['api', 'api.production.internal']);
    const web = await start(shop, ['web']);
    const stranger = await start(other, ['api']);
    for (const { address, port } of [api, web, stranger])
      await until('the node reaches it', () =>
        fetch(`http://${address}:${port}/`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
    expect(await asks(web.replica, 'http://api:8080/')).to.equal(0);
    expect(await asks(web.replica, 'http://api.production.internal:8080/')).to.equal(0);
    expect(await asks(stranger.replica, `http://${api.address}:8080/`)).to.equal(1);
    expect(await asks(stranger.replica, 'http://api.production.internal:8080/')).to.equal(1);
    expect(await asks(stranger.replica, 'http://web:8080/')).to.equal(1);
  });

  it('do not hide a replica from an ingress on another machine: its port is published at the node’s address', async function () {
    const address = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .find((one) => one.family === 'IPv4' && !one.internal)?.address;
    if (address === undefined) return this.skip();
    const { agent } = engine;
    const far = await DockerRuntime.open({ ...agent, node: { ...agent.node, address } }, engine.engine);
    const started = await start(randomUUID(), ['web'], {}, far);
    expect([started.address, started.port === 8080]).to.deep.equal([address, false]);
    await until('it answers there', () =>
      fetch(`http://${address}:${started.port}/`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  });

  it('go with their last replica', async () => {
    const environment = randomUUID();
    const name = privateNetworkName(engine.install, environment);
    const [one, two] = [await start(environment, ['a']), await start(environment, ['b'])];
    const there = async (): Promise<boolean> => (await engine.networks()).includes(name);
    await runtime.stop({ replica: one.replica, signal: 'SIGKILL', graceMs: 0 });
    expect(await there()).to.equal(true);
    await runtime.stop({ replica: two.replica, signal: 'SIGKILL', graceMs: 0 });
    expect(await there()).to.equal(false);
  });
});
