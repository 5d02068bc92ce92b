import { conformanceApp, runtimeConformance } from '@containr/testing/conformance';
import { buildRequest, EngineFixture, testImages } from '../test/engine-fixture.ts';

runtimeConformance('docker', async () => {
  const images = await testImages();
  const engine = await EngineFixture.create();
  if (!images || !(await engine.engineAnswers())) {
    await engine.remove().catch(() => undefined);
    if (process.env['CI'] === 'true') throw new Error('The test set-up made no base images, or no engine answers');
    return null;
  }
  const runtime = await engine.runtime();
  await engine.source({ 'app.cjs': conformanceApp });
  const dockerfile = `FROM ${images.node}\nWORKDIR /app\nCOPY . .\nCMD ["node", "app.cjs"]\n`;
  const artifact = await runtime.build(buildRequest(dockerfile), {
    signal: new AbortController().signal,
    output: () => undefined,
  });
  return { runtime, artifact, reopen: () => engine.runtime(), remove: () => engine.remove() };
});
