import { Builder } from '@containr/sdk/contracts';
import { startTestPlatform } from '@containr/testing';
import { builderConformance } from '@containr/testing/conformance';

builderConformance('dockerfile', async (sources) => {
  const test = await startTestPlatform({ plugins: ['dockerfile', sources] });
  const provider = test.platform.services.providers(Builder).find(({ id }) => id === 'dockerfile');
  if (!provider) throw new Error('The builder is not there');
  return {
    provider,
    principal: test.platform.console,
    builds: { Dockerfile: 'FROM node:24\nCOPY . .\nCMD ["node", "shop.js"]\n', 'shop.js': '' },
    remove: () => test.stop(),
  };
});
