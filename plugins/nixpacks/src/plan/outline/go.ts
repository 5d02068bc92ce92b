import { askedVersion } from './asked-version.ts';
import type { OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';

/** Go modules, workspaces and single files. */
export const go: OutlineProvider = {
  name: 'go',
  detect: ({ source }) => ['go.mod', 'go.work', 'main.go'].find((name) => source.has(name)) ?? null,
  outline(context) {
    const { source, dialect, variables } = context;
    const module = source.has('go.mod') || source.has('go.work');
    const command = source.list('cmd').filter((name) => source.hasFolder(`cmd/${name}`));
    const rootFiles = source.list().some((name) => name.endsWith('.go') && !name.endsWith('_test.go'));
    const chosen = variables['RAILPACK_GO_BIN'] ?? variables['NIXPACKS_GO_BIN'];
    const target = chosen
      ? ` ./cmd/${chosen}`
      : module && rootFiles
        ? ''
        : command.length > 0
          ? ` ./cmd/${command[0]}`
          : source.has('main.go')
            ? ' main.go'
            : '';
    const flags = dialect === 'nixpacks' ? '' : ' -ldflags="-w -s"';
    const build = `go build${flags} -o out${target}`;
    return outlineOf('go', {
      tools: [
        {
          tool: 'go',
          request: askedVersion(context, 'go', [
            [/^go\s+(\d+\.\d+)/m.exec(source.text('go.mod') ?? '')?.[1], 'the go line in go.mod'],
          ]),
        },
      ],
      install: module && !source.hasFolder('vendor') ? ['go mod download'] : [],
      build: [build],
      start: './out',
      variables: { CGO_ENABLED: variables['CGO_ENABLED'] ?? '0' },
      caches: ['/root/.cache/go-build', '/go/pkg/mod'],
      why: [{ what: build, from: target === '' ? 'Go files in the root folder' : `package${target}` }],
    });
  },
};
