import type { RuntimeCatalogue, RuntimeEntry } from '../contract.ts';

/** Official images; Node also as a toolchain from npm, for machines without a container engine. */
export const defaultCatalogue: RuntimeCatalogue = {
  runtimes: {
    node: ['24.21.0', '22.22.2', '20.20.2'].map((version): RuntimeEntry => ({
      version,
      image: `node:${version.split('.')[0]}-bookworm-slim`,
      runImage: null,
      toolchain: { package: 'node-{platform}', version, bin: 'bin' },
    })),
    python: ['3.13.0', '3.12.0', '3.11.0'].map((version) =>
      official(version, `python:${minor(version)}-slim-bookworm`, null),
    ),
    go: ['1.25.0', '1.24.0', '1.23.0'].map((version) =>
      official(version, `golang:${minor(version)}-bookworm`, 'debian:bookworm-slim'),
    ),
  },
};

function official(version: string, image: string, runImage: string | null): RuntimeEntry {
  return { version, image, runImage, toolchain: null };
}

function minor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
