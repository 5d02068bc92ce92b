import { askedVersion, at, textOf } from './asked-version.ts';
import type { OutlineContext, OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';

/** .NET projects in C#, F# and Visual Basic. */
export const dotnet: OutlineProvider = {
  name: 'dotnet',
  detect: (context) => projectOf(context),
  outline(context) {
    const { source } = context;
    const project = projectOf(context) ?? 'app.csproj';
    const name = project.replace(/\.\w+$/, '');
    return outlineOf('dotnet', {
      tools: [
        {
          tool: 'dotnet',
          request: askedVersion(context, 'dotnet', [
            [
              source.has('global.json') ? textOf(at(source.json('global.json'), 'sdk')['version']) : null,
              'global.json',
            ],
            [/<TargetFrameworks?>net(\d+\.\d+)/.exec(source.text(project) ?? '')?.[1], `TargetFramework in ${project}`],
          ]),
        },
      ],
      install: ['dotnet restore'],
      build: ['dotnet publish --no-restore -c Release -o out'],
      start: `ASPNETCORE_URLS=http://0.0.0.0:\${PORT:-3000} ./out/${name}`,
      variables: { ASPNETCORE_ENVIRONMENT: 'Production', DOTNET_CLI_TELEMETRY_OPTOUT: '1' },
      caches: ['/root/.nuget/packages'],
      why: [{ what: `start: ./out/${name}`, from: project }],
    });
  },
};

function projectOf({ source }: OutlineContext): string | null {
  return source.list().find((name) => /\.(cs|fs|vb)proj$/.test(name)) ?? null;
}
