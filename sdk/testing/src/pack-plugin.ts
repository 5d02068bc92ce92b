import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** A plugin of one module, packed as npm packs it; `files` add to it or take the place of what it has. */
export async function packPlugin(options: {
  readonly name: string;
  readonly version: string;
  /** Body of `setup(ctx)`. */
  readonly setup: string;
  /** Source of the plugin's migrations. */
  readonly migrations?: string;
  /** Properties of the plugin's settings, by JSON Schema; each is required and has its default. */
  readonly settings?: Readonly<Record<string, { readonly type: string; readonly default: unknown }>>;
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
}): Promise<Buffer> {
  const { name, version, settings: properties } = options;
  const settings = properties && {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
  const files = {
    'package/package.json': JSON.stringify({
      name: `@acme/plugin-${name}`,
      version,
      type: 'module',
      exports: './plugin.js',
      containr: { displayName: name, requires: {}, permissions: {}, segments: [name], ...options.manifest },
    }),
    'package/plugin.js': `import { definePlugin } from '@containr/sdk';
      export default definePlugin({ settings: ${JSON.stringify(settings) ?? 'undefined'}, migrations: ${options.migrations ?? '[]'}, async setup(ctx) { ${options.setup} } });`,
    ...options.files,
  };
  const tar = pack();
  for (const [path, content] of Object.entries(files)) tar.entry({ name: path }, content);
  tar.finalize();
  return buffer(tar.pipe(createGzip()));
}
