import { conformanceApp, runtimeConformance } from '@containr/testing/conformance';
import { buildRequest, NodeFixture } from '../test/node-fixture.ts';

runtimeConformance('process', async () => {
  if (process.getuid?.() !== 0 && process.env['CI'] !== 'true') return null;
  const node = await NodeFixture.create();
  const runtime = await node.runtime();
  await node.source({ 'app.cjs': conformanceApp });
  const io = { signal: new AbortController().signal, output: () => undefined };
  const artifact = await runtime.build(buildRequest({ start: 'exec node app.cjs' }), io);
  return { runtime, artifact, reopen: () => node.runtime(), remove: () => node.remove(runtime) };
});
