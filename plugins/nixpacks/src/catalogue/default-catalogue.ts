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
    ...minors('rust', ['1.89', '1.88', '1.85', '1.80', '1.75'], (minor) => [
      `rust:${minor}-bookworm`,
      'debian:bookworm-slim',
    ]),
    ...minors('ruby', ['3.4', '3.3', '3.2', '3.1'], (minor) => [`ruby:${minor}-bookworm`]),
    ...minors('php', ['8.4', '8.3', '8.2'], (minor) => [`dunglas/frankenphp:1-php${minor}-bookworm`]),
    ...minors('deno', ['2.4', '2.3'], (minor) => [`denoland/deno:debian-${minor}.0`]),
    ...minors('bun', ['1.2'], (minor) => [`oven/bun:${minor}-debian`]),
    ...minors('java', ['21.0', '17.0', '11.0', '8.0'], (minor) => {
      const major = minor.split('.')[0];
      return [`eclipse-temurin:${major}-jdk`, `eclipse-temurin:${major}-jre`];
    }),
    ...minors('maven', ['3.9'], (minor) => [`maven:${minor}-eclipse-temurin-21`, 'eclipse-temurin:21-jre']),
    ...minors('gradle', ['8.14'], (minor) => [`gradle:${minor}-jdk21`, 'eclipse-temurin:21-jre']),
    ...minors('elixir', ['1.18', '1.17', '1.16', '1.15', '1.14'], (minor) => [`elixir:${minor}`]),
    ...minors('gleam', ['1.11'], (minor) => [`ghcr.io/gleam-lang/gleam:v${minor}.0-erlang`]),
    ...minors('dart', ['3.8', '3.7'], (minor) => [`dart:${minor}`, 'debian:bookworm-slim']),
    ...minors('swift', ['6.1', '5.10'], (minor) => [`swift:${minor}-bookworm`, `swift:${minor}-bookworm-slim`]),
    ...minors('dotnet', ['9.0', '8.0'], (minor) => [
      `mcr.microsoft.com/dotnet/sdk:${minor}`,
      `mcr.microsoft.com/dotnet/aspnet:${minor}`,
    ]),
    ...minors('crystal', ['1.17'], (minor) => [`crystallang/crystal:${minor}`]),
    ...minors('leiningen', ['2.11'], () => ['clojure:temurin-21-lein', 'eclipse-temurin:21-jre']),
    ...minors('clojure', ['1.12'], () => ['clojure:temurin-21-tools-deps', 'eclipse-temurin:21-jre']),
    ...minors('debian', ['12.0'], () => ['debian:bookworm-slim']),
    ...minors('caddy', ['2.10'], (minor) => [`caddy:${minor}`]),
  },
};

function official(version: string, image: string, runImage: string | null): RuntimeEntry {
  return { version, image, runImage, toolchain: null };
}

function minor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** Entries of a tool whose images follow its minor versions: the image that builds and, where it is another, that runs. */
function minors(
  tool: string,
  versions: readonly string[],
  images: (minor: string) => readonly [string, string?],
): Record<string, RuntimeEntry[]> {
  return {
    [tool]: versions.map((minor) => {
      const [image, runImage] = images(minor);
      return official(`${minor}.0`, image, runImage ?? null);
    }),
  };
}
