import type { Variable } from '../entities/variable.entity.ts';

/** Names that tools of a build read or write into what they make. */
const readByBuilds = new RegExp(
  [
    '^(NEXT_PUBLIC|NUXT_PUBLIC|VITE|REACT_APP|GATSBY|EXPO_PUBLIC|PUBLIC|STORYBOOK|VUE_APP|NG_APP)_',
    '^(NIXPACKS|RAILPACK|BP|BUILD|NPM_CONFIG|YARN|PNPM|BUN|PIP|UV|POETRY|CARGO|RUST|GO|CGO|MIX|BUNDLE|COMPOSER|MAVEN|GRADLE|DOTNET)_',
    '^(NODE_ENV|NODE_OPTIONS|RAILS_ENV|RACK_ENV|MIX_ENV|GOFLAGS|GOPROXY|GOPRIVATE|JAVA_OPTS|SOURCE_DATE_EPOCH|CI)$',
    '_VERSION$',
  ].join('|'),
);

/**
 * Who gets a variable when nothing is said: replicas, and builds too when the name is one that build tools read. So that most changes
 * need no build.
 */
export function defaultAvailability(name: string): Variable['available'] {
  return readByBuilds.test(name) ? 'both' : 'run';
}
