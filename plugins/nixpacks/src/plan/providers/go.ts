import { chooseVersion } from '../choose-version.ts';
import { planError } from '../plan-error.ts';
import { readProcfile } from '../procfile.ts';
import type { Provider } from '../provider.ts';
import type { SourceTree } from '../source-tree.ts';

/** Go modules: one static binary. */
export const goProvider: Provider = {
  name: 'go',
  detect: (source) => (source.has('go.mod') ? 'go.mod is there' : null),
  plan(source, options) {
    const asked = /^go\s+(\d+\.\d+)/m.exec(source.text('go.mod') ?? '')?.[1];
    const version = chooseVersion(
      options.catalogue,
      'go',
      asked ? { range: `>=${asked}.0 <2`, from: 'the go line in go.mod' } : null,
      options.runtime,
    );
    const main = mainPackage(source);
    const command = `go build -trimpath -o bin/app ${main.path}`;
    const web = readProcfile(source).get('web');
    return {
      provider: 'go',
      tool: 'go',
      runtime: version.entry,
      versionFrom: version.from,
      manifests: ['go.mod', 'go.sum'].filter((name) => source.has(name)),
      install: source.hasFolder('vendor') || !source.has('go.sum') ? [] : ['go mod download'],
      build: [command],
      prune: [],
      start: web ?? 'exec ./bin/app',
      staticRoot: null,
      port: null,
      variables: { CGO_ENABLED: '0', GOTOOLCHAIN: 'local' },
      caches: ['/root/.cache/go-build', '/go/pkg/mod'],
      files: {},
      path: [],
      why: [
        { what: `Go ${version.entry.version}`, from: version.from },
        { what: `build: ${command}`, from: main.from },
        { what: `start: ${web ?? './bin/app'}`, from: web ? 'web in the Procfile' : 'what the build makes' },
      ],
    };
  },
};

function mainPackage(source: SourceTree): { path: string; from: string } {
  const isMain = (folder: string): boolean =>
    source
      .list(folder)
      .some(
        (name) =>
          name.endsWith('.go') &&
          !name.endsWith('_test.go') &&
          /^package main\b/m.test(source.text(`${folder}/${name}`) ?? ''),
      );
  const module = source.has('go.mod') || source.has('go.work');
  if (isMain('.')) return { path: module ? '.' : 'main.go', from: 'package main in the root folder' };
  const command = source.list('cmd').find((name) => isMain(`cmd/${name}`));
  if (command) return { path: `./cmd/${command}`, from: `package main in cmd/${command}` };
  throw planError(
    'PLAN_NOT_FOUND',
    'No package main is in the root folder or below cmd/.',
    'Put the program there, or set the build and start commands of the service.',
  );
}
