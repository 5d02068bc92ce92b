import { askedVersion } from './asked-version.ts';
import type { OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';

/** Scala by sbt's native packager. */
export const scala: OutlineProvider = {
  name: 'scala',
  detect: ({ source }) => (source.has('build.sbt') ? 'build.sbt' : null),
  outline(context) {
    const sbt = context.source.text('build.sbt') ?? '';
    const named = /^[ \t]*(?:ThisBuild \/ |Universal \/ )?(?:executableScriptName|name)\s*:=\s*"([^"]+)"/m.exec(
      sbt,
    )?.[1];
    const inline = /name\s*:=\s*"([^"]+)"/.exec(sbt)?.[1];
    const name = (named ?? inline ?? 'main').toLowerCase().replace(/\s+/g, '-');
    return outlineOf('scala', {
      tools: [
        { tool: 'java', request: askedVersion(context, 'java') },
        { tool: 'sbt', request: askedVersion(context, 'sbt') },
      ],
      build: ['sbt stage'],
      start: `./target/universal/stage/bin/${name}`,
      caches: ['/root/.sbt', '/root/.cache/coursier'],
      why: [{ what: `the program is ${name}`, from: 'build.sbt' }],
    });
  },
};

/** Clojure by Leiningen or tools.build, as one jar. */
export const clojure: OutlineProvider = {
  name: 'clojure',
  detect: ({ source }) => ['project.clj', 'build.clj'].find((name) => source.has(name)) ?? null,
  outline(context) {
    const { source } = context;
    const leiningen = source.has('project.clj');
    const ring = /lein-ring/.test(source.text('project.clj') ?? '');
    const build = leiningen ? (ring ? 'lein ring uberjar' : 'lein uberjar') : 'clojure -T:build uber';
    const gather =
      'if [ -d /app/target/default+uberjar ]; then find /app/target/default+uberjar -name "*.jar" -exec mv -t /app/target/ {} +; fi';
    return outlineOf('clojure', {
      tools: [
        { tool: leiningen ? 'leiningen' : 'clojure', request: null },
        { tool: 'java', request: askedVersion(context, 'java', [[source.text('.jdk-version'), '.jdk-version']]) },
      ],
      build: [`${build}; ${gather}`],
      start:
        'JAR_FILE=$(find /app/target -name "*-standalone.jar" -o -name "*.jar" ! -name "*-SNAPSHOT.jar" | head -n 1) && bash -c "java $JAVA_OPTS -jar $JAR_FILE"',
      caches: ['/root/.m2'],
      why: [{ what: build, from: leiningen ? 'project.clj' : 'build.clj' }],
    });
  },
};
