import { askedVersion, textOf, tomlOf } from './asked-version.ts';
import { parse } from 'yaml';
import { at } from './asked-version.ts';
import { configurationText } from './configuration-text.ts';
import type { OutlineContext, OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';

/** Gleam, as an Erlang shipment. */
export const gleam: OutlineProvider = {
  name: 'gleam',
  detect: ({ source }) => (source.has('gleam.toml') ? 'gleam.toml' : null),
  outline: (context) =>
    outlineOf('gleam', {
      tools: [
        {
          tool: 'gleam',
          request: askedVersion(context, 'gleam', [
            [textOf(tomlOf(context.source, 'gleam.toml')['gleam']), 'gleam.toml'],
          ]),
        },
        { tool: 'erlang', request: askedVersion(context, 'erlang') },
      ],
      install: context.dialect === 'nixpacks' ? ['gleam deps download'] : [],
      build: ['gleam export erlang-shipment'],
      start: './build/erlang-shipment/entrypoint.sh run',
      why: [{ what: 'an Erlang shipment', from: 'gleam.toml' }],
    }),
};

/** Swift packages. */
export const swift: OutlineProvider = {
  name: 'swift',
  detect: ({ source }) => (source.has('Package.swift') ? 'Package.swift' : null),
  outline(context) {
    const text = context.source.text('Package.swift') ?? '';
    const main = context.source.list('Sources').find((folder) => context.source.has(`Sources/${folder}/main.swift`));
    const name =
      main ??
      /\.executableTarget\(\s*name:\s*"([^"]+)"/.exec(text)?.[1] ??
      /\.executable\(\s*name:\s*"([^"]+)"/.exec(text)?.[1] ??
      /name:\s*"([^"]+)"/.exec(text)?.[1] ??
      'App';
    return outlineOf('swift', {
      tools: [
        {
          tool: 'swift',
          request: askedVersion(context, 'swift', [[context.source.text('.swift-version'), '.swift-version']]),
        },
      ],
      install: ['swift package resolve'],
      build: [
        'CC=clang++ swift build -c release --static-swift-stdlib',
        `cp ./.build/release/${name} ./${name} && rm -rf ./.build`,
      ],
      start: `./${name}`,
      why: [{ what: `the program is ${name}`, from: 'Package.swift' }],
    });
  },
};

/** Dart programs, compiled. */
export const dart: OutlineProvider = {
  name: 'dart',
  detect: ({ source }) => (source.has('pubspec.yaml') ? 'pubspec.yaml' : null),
  outline(context) {
    const { source } = context;
    const pubspec = yamlOf(context, 'pubspec.yaml');
    const name = textOf(pubspec['name']) ?? 'main';
    const main =
      ['bin/server.dart', `bin/${name}.dart`, 'bin/main.dart', 'lib/main.dart'].find((file) => source.has(file)) ??
      `bin/${source.list('bin').find((file) => file.endsWith('.dart')) ?? 'main.dart'}`;
    const program = main.replace(/\.dart$/, '.exe');
    return outlineOf('dart', {
      tools: [
        {
          tool: 'dart',
          request: askedVersion(context, 'dart', [
            [textOf(at(pubspec, 'environment')['sdk']), 'environment.sdk in pubspec.yaml'],
          ]),
        },
      ],
      install: ['dart pub get'],
      build: [
        ...('build_runner' in at(pubspec, 'dev_dependencies') ? ['dart pub run build_runner build'] : []),
        `dart compile exe ${main}`,
      ],
      start: `./${program}`,
      caches: ['/root/.pub-cache'],
      why: [{ what: `the program is ${main}`, from: main }],
    });
  },
};

/** Zig programs. */
export const zig: OutlineProvider = {
  name: 'zig',
  detect: ({ source }) => (source.has('build.zig') ? 'build.zig' : null),
  outline(context) {
    const build = context.source.text('build.zig') ?? '';
    const name = /\.name\s*=\s*"([^"]+)"/.exec(build)?.[1] ?? /addExecutable\(\s*"([^"]+)"/.exec(build)?.[1] ?? 'main';
    return outlineOf('zig', {
      tools: [{ tool: 'zig', request: askedVersion(context, 'zig') }],
      build: ['zig build -Doptimize=ReleaseSafe'],
      start: `./zig-out/bin/${name}`,
      why: [{ what: `the program is ${name}`, from: 'build.zig' }],
    });
  },
};

/** Crystal programs by shards. */
export const crystal: OutlineProvider = {
  name: 'crystal',
  detect: ({ source }) => (source.has('shard.yml') ? 'shard.yml' : null),
  outline(context) {
    const shard = yamlOf(context, 'shard.yml');
    const name = Object.keys(at(shard, 'targets'))[0] ?? textOf(shard['name']) ?? 'main';
    return outlineOf('crystal', {
      tools: [{ tool: 'crystal', request: askedVersion(context, 'crystal') }],
      install: ['shards install'],
      build: ['shards build'],
      start: `./bin/${name}`,
      why: [{ what: `the program is ${name}`, from: 'targets in shard.yml' }],
    });
  },
};

/** Haskell by Stack. */
export const haskell: OutlineProvider = {
  name: 'haskell',
  detect: ({ source }) => ['package.yaml', 'stack.yaml'].find((name) => source.has(name)) ?? null,
  outline(context) {
    const name = Object.keys(at(yamlOf(context, 'package.yaml'), 'executables'))[0] ?? 'main';
    return outlineOf('haskell', {
      tools: [{ tool: 'haskell', request: askedVersion(context, 'haskell') }],
      install: ['stack setup'],
      build: ['stack install'],
      start: `/root/.local/bin/${name}`,
      caches: ['/root/.stack'],
      why: [{ what: `the program is ${name}`, from: 'executables in package.yaml' }],
    });
  },
};

/** C and C++ by Meson or CMake. */
export const cpp: OutlineProvider = {
  name: 'cpp',
  detect: ({ source }) => ['CMakeLists.txt', 'meson.build'].find((name) => source.has(name)) ?? null,
  outline(context) {
    const { source } = context;
    const cmake = source.text('CMakeLists.txt');
    const meson = source.text('meson.build') ?? '';
    const name =
      cmake === null
        ? (/executable\(\s*'([^']+)'/.exec(meson)?.[1] ?? /project\(\s*'([^']+)'/.exec(meson)?.[1] ?? 'main')
        : (/add_executable\(\s*([\w.-]+)/i.exec(cmake)?.[1] ?? /project\(\s*([\w.-]+)/i.exec(cmake)?.[1] ?? 'main');
    return outlineOf('cpp', {
      tools: [
        {
          tool: cmake === null ? 'meson' : 'cmake',
          request: askedVersion(context, cmake === null ? 'meson' : 'cmake'),
        },
        { tool: 'ninja', request: askedVersion(context, 'ninja') },
      ],
      packages: ['build-essential'],
      build: [
        'mkdir /build',
        ...(cmake === null
          ? ['meson setup /build', 'meson compile -C /build']
          : ['cmake -B /build -GNinja /app', 'cmake --build /build']),
      ],
      start: `/build/${name}`,
      why: [{ what: `the program is ${name}`, from: cmake === null ? 'meson.build' : 'CMakeLists.txt' }],
    });
  },
};

/** COBOL by GnuCOBOL: `index.cbl`, else the first program. */
export const cobol: OutlineProvider = {
  name: 'cobol',
  detect: ({ source }) => source.list().find((name) => name.endsWith('.cbl')) ?? null,
  outline({ source, variables }) {
    const files = source.list().filter((name) => name.endsWith('.cbl'));
    const file =
      variables['NIXPACKS_COBOL_APP_NAME'] ?? files.find((name) => name === 'index.cbl') ?? files[0] ?? 'index.cbl';
    const name = file.replace(/\.cbl$/, '');
    return outlineOf('cobol', {
      packages: ['gnucobol'],
      build: [`cobc ${variables['NIXPACKS_COBOL_COMPILE_ARGS'] ?? '-x -o'} ${name} ${name}.cbl`],
      start: `./${name}`,
      why: [{ what: `the program is ${name}`, from: file }],
    });
  },
};

function yamlOf({ source }: OutlineContext, file: string): Record<string, unknown> {
  try {
    return at(parse(configurationText(source, file) ?? '', { maxAliasCount: 100 }));
  } catch {
    return {};
  }
}
