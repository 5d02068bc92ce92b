import { askedVersion, versionLine } from './asked-version.ts';
import type { OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';

/** Mix projects: Phoenix and plain applications, as releases. */
export const elixir: OutlineProvider = {
  name: 'elixir',
  detect: ({ source }) => (source.has('mix.exs') ? 'mix.exs' : null),
  outline(context) {
    const { source, dialect } = context;
    const mix = source.text('mix.exs') ?? '';
    const app = /app:\s*:(\w+)/.exec(mix)?.[1] ?? 'app';
    const setup = /"assets\.setup"/.test(mix);
    const deploy = /"assets\.deploy"/.test(mix);
    const phoenix = /:phoenix\b/.test(mix);
    const nix = dialect === 'nixpacks';
    const start = nix
      ? phoenix
        ? 'mix phx.server'
        : 'mix run --no-halt'
      : `/app/_build/prod/rel/${app}/bin/${app} start`;
    return outlineOf('elixir', {
      tools: [
        {
          tool: 'elixir',
          request: askedVersion(context, 'elixir', [
            [versionLine(source, '.elixir-version'), '.elixir-version'],
            [/elixir:\s*"([^"]+)"/.exec(mix)?.[1], 'elixir in mix.exs'],
          ]),
        },
        { tool: 'erlang', request: askedVersion(context, 'erlang') },
      ],
      packages: ['build-essential', 'git'],
      install: [
        'mix local.hex --force',
        'mix local.rebar --force',
        'mix deps.get --only prod',
        ...(nix ? [] : ['mix deps.compile']),
        ...(setup && !nix ? ['mix assets.setup'] : []),
      ],
      build: ['mix compile', ...(deploy ? ['mix assets.deploy'] : []), ...(nix ? [] : ['mix release'])],
      start,
      variables: { MIX_ENV: 'prod', LANG: 'C.UTF-8', ELIXIR_ERL_OPTIONS: '+fnu' },
      caches: ['/root/.hex'],
      why: [{ what: `the application is ${app}`, from: 'app in mix.exs' }],
    });
  },
};
