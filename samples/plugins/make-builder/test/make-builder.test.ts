import { Builder } from '@containr/sdk/contracts';
import { readPlugin, startTestPlatform } from '@containr/testing';
import { builderConformance } from '@containr/testing/conformance';

builderConformance('make-builder', async (sources) => {
  const test = await startTestPlatform({ plugins: [await readPlugin(new URL('..', import.meta.url)), sources] });
  const provider = test.platform.services.providers(Builder).find(({ id }) => id === 'make-builder');
  if (!provider) throw new Error('The builder is not there');
  return {
    provider,
    principal: test.platform.console,
    builds: { Makefile: 'build:\n\techo built\nstart:\n\t./server\n', server: '#!/bin/sh\n' },
    remove: () => test.stop(),
  };
});
