import { askedVersion, at, textOf, tomlOf, versionLine } from './asked-version.ts';
import type { OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';

/** Cargo packages and workspaces. */
export const rust: OutlineProvider = {
  name: 'rust',
  detect: ({ source }) => (source.has('Cargo.toml') ? 'Cargo.toml' : null),
  outline(context) {
    const { source, dialect, variables } = context;
    const cargo = tomlOf(source, 'Cargo.toml');
    const own = at(cargo, 'package');
    const member = variables['RAILPACK_CARGO_WORKSPACE'] ?? variables['NIXPACKS_CARGO_WORKSPACE'] ?? null;
    const bins = Array.isArray(cargo['bin']) ? cargo['bin'].map((bin) => textOf(at(bin)['name'])) : [];
    const name =
      variables['RAILPACK_RUST_BIN'] ??
      textOf(own['default-run']) ??
      bins[0] ??
      textOf(own['name']) ??
      member ??
      firstMember(context);
    const build = `cargo build --release${textOf(own['name']) === null && name !== null ? ` --package ${name}` : ''}`;
    return outlineOf('rust', {
      tools: [
        {
          tool: 'rust',
          request: askedVersion(context, 'rust', [
            [textOf(at(tomlOf(source, 'rust-toolchain.toml'), 'toolchain')['channel']), 'rust-toolchain.toml'],
            [versionLine(source, 'rust-toolchain'), 'rust-toolchain'],
            [textOf(own['rust-version']), 'rust-version in Cargo.toml'],
            [versionLine(source, 'rust-version.txt') ?? versionLine(source, '.rust-version'), '.rust-version'],
          ]),
        },
      ],
      install: dialect === 'nixpacks' ? [] : [build],
      build: ['mkdir -p bin', build, ...(name === null ? [] : [`cp target/release/${name} bin`])],
      start: name === null ? null : `./bin/${name}`,
      variables: { ROCKET_ADDRESS: '0.0.0.0' },
      caches: ['/usr/local/cargo/registry', '/usr/local/cargo/git'],
      why: [{ what: `the program is ${name ?? 'not known'}`, from: 'Cargo.toml' }],
    });
  },
};

/** The first workspace member with a program of its own. */
function firstMember({ source }: Parameters<OutlineProvider['outline']>[0]): string | null {
  const members = at(tomlOf(source, 'Cargo.toml'), 'workspace')['members'];
  for (const pattern of Array.isArray(members) ? members.map(String).slice(0, 200) : []) {
    const folders = pattern.endsWith('/*')
      ? source.list(pattern.slice(0, -2)).map((name) => `${pattern.slice(0, -2)}/${name}`)
      : [pattern];
    const found = folders.find((folder) => source.has(`${folder}/src/main.rs`));
    if (found) return textOf(at(tomlOf(source, `${found}/Cargo.toml`), 'package')['name']);
  }
  return null;
}
