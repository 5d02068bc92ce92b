import { Builder } from '@containr/sdk/contracts';
import { startTestPlatform } from '@containr/testing';
import { builderConformance } from '@containr/testing/conformance';

builderConformance('nixpacks', async (sources) => {
  const test = await startTestPlatform({ plugins: ['nixpacks', sources] });
  const provider = test.platform.services.providers(Builder).find(({ id }) => id === 'nixpacks');
  if (!provider) throw new Error('The builder is not there');
  return {
    provider,
    principal: test.platform.console,
    builds: { 'package.json': '{"name":"shop","scripts":{"start":"node shop.js"}}', 'shop.js': '' },
    remove: () => test.stop(),
  };
});
